// Deno, and runtimes that nobody told us about: the wasm comes inside the JavaScript, and needs no permission to read.
import * as glue from "../../wasm/sansms_full_bg.js";
import base64 from "../../wasm/sansms_full_inline.js";
import { core } from "../core.js";
import { instantiate } from "../instantiate.js";

core.provide(() => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return instantiate(new WebAssembly.Module(bytes), "sansms_full", glue);
});

export * from "../index.js";
