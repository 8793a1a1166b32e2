// Vercel's edge runtime: a compiled module is asked for by `?module`.
import "./edge-light.js";import * as glue from "../../wasm/sansms_testing_bg.js";
import module from "../../wasm/sansms_testing_bg.wasm?module";
import { testingCore } from "../core.js";
import { instantiate } from "../instantiate.js";

testingCore.provide(() => instantiate(module, "sansms_testing", glue));

export * from "../testing.js";
