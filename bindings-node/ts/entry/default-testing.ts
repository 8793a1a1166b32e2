// Deno, and runtimes that nobody told us about: the wasm comes inside the JavaScript, and needs no permission to read.
import "./default.js";import * as glue from "../../wasm/sansms_testing_bg.js";
import base64 from "../../wasm/sansms_testing_inline.js";
import { testingCore } from "../core.js";
import { instantiate } from "../instantiate.js";

testingCore.provide(() => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return instantiate(new WebAssembly.Module(bytes), "sansms_testing", glue);
});

export * from "../testing.js";
