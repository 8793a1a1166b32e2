// Vercel's edge runtime: a compiled module is asked for by `?module`.
import * as glue from "../../wasm/sansms_bg.js";
import module from "../../wasm/sansms_bg.wasm?module";
import { core } from "../core.js";
import { instantiate } from "../instantiate.js";

core.provide(() => instantiate(module, "sansms", glue));

export * from "../index.js";
