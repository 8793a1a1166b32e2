import { createRequire } from "node:module";
import type { CoreKind, TestingCore } from "./core.js";
import { fromNative, type Native } from "./native.js";

/** Loads the add-on, or the wasm of this name where there is none that fits (or `SANSMS_FORCE_WASM=1` asks for it). */
export function load(name: string): { core: TestingCore; kind: CoreKind } {
  // Not the `require` that bundlers follow: the add-on and the wasm stay files of this package.
  const require = createRequire(__filename);
  if (process.env["SANSMS_FORCE_WASM"] !== "1") {
    for (const libc of LIBC[process.platform] ?? [""]) {
      try {
        const native = require(`../native/sansms.${process.platform}-${process.arch}${libc}.node`) as Native;
        return { core: fromNative(native), kind: "native" };
      } catch {
        // Not built for this machine; the next one may be, and the wasm runs everywhere.
      }
    }
  }
  return { core: require(`../wasm/${name}.cjs`) as TestingCore, kind: "wasm" };
}

const LIBC: Partial<Record<NodeJS.Platform, string[]>> = { linux: ["-gnu", "-musl"], win32: ["-msvc"] };
