// Vercel's edge runtime, with SMS of Alibaba Cloud and Tencent Cloud only.
import * as glue from "../../wasm/sansms_sms_bg.js";
import module from "../../wasm/sansms_sms_bg.wasm?module";
import { core } from "../core.js";
import { instantiate } from "../instantiate.js";

core.provide(() => instantiate(module, "sansms_sms", glue));

export * from "../index.js";
