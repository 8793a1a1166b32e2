// Node and what loads its add-ons.
import { core } from "../core.js";
import { load } from "../node-core.js";

core.provide(() => load("sansms_full"));

export * from "../index.js";
