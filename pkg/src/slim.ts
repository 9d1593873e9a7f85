/**
 * The whole API without the WebAssembly module inside: hand it to {@link loadModule} first.
 *
 * @packageDocumentation
 */

export * from "./index.js";
export { loadModule } from "./load-module.js";
export type { ModuleSource } from "./load-module.js";
