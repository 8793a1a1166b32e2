// Node and what loads its add-ons.
import "./node.js";import { testingCore } from "../core.js";
import { load } from "../node-core.js";

testingCore.provide(() => load("sansms_testing"));

export * from "../testing.js";
