// Cloudflare Workers: a wasm import is a compiled module.
import "./workerd.js";import * as glue from "../../wasm/sansms_testing_bg.js";
import module from "../../wasm/sansms_testing_bg.wasm";
import { testingCore } from "../core.js";
import { instantiate } from "../instantiate.js";

testingCore.provide(() => instantiate(module, "sansms_testing", glue));

export * from "../testing.js";
