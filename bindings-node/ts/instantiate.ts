import type { Core } from "./core.js";

/** Makes an instance of the wasm, with its glue; this is synchronous and works at a Worker's module scope. */
export function instantiate<T extends Core>(module: WebAssembly.Module, name: string, glue: unknown): { core: T; kind: "wasm" } {
  const { exports } = new WebAssembly.Instance(module, { [`./${name}_bg.js`]: glue as WebAssembly.ModuleImports });
  (glue as { __wbg_set_wasm(exports: WebAssembly.Exports): void }).__wbg_set_wasm(exports);
  (exports["__wbindgen_start"] as (() => void) | undefined)?.();
  return { core: glue as T, kind: "wasm" };
}
