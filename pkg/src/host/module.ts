import type { Host } from "./host.js";

/**
 * A host that compiles modules at deployment and forbids it at run time. Its `fetch` knows neither
 * cookies nor an HTTP cache, and some versions throw when they are named.
 */
export function moduleHost(wasm: WebAssembly.Module, keepAlive: Host["keepAlive"]): Host {
  return {
    compile: async () => wasm,
    compileSync: () => wasm,
    requestInit: {},
    keepAlive,
  };
}
