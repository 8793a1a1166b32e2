// Cloudflare Workers: a wasm import is a compiled module.
import * as glue from "../../wasm/sansms_bg.js";
import module from "../../wasm/sansms_bg.wasm";
import { core } from "../core.js";
import { instantiate } from "../instantiate.js";

core.provide(() => instantiate(module, "sansms", glue));

export * from "../index.js";
