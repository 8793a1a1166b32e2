// Vercel's edge runtime, with what operators ask for: actions, receipts, the desk, the audit.
import * as glue from "../../wasm/sansms_full_bg.js";
import module from "../../wasm/sansms_full_bg.wasm?module";
import { core } from "../core.js";
import { instantiate } from "../instantiate.js";

core.provide(() => instantiate(module, "sansms_full", glue));

export * from "../index.js";
