// Made by `xtask wasm`, and put beside the compiled TypeScript.
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "*_bg.js";
declare module "*_inline.js" {
  const bytes: string;
  export default bytes;
}
