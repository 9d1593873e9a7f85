// This runtime wants the query; the path is named as seen from `dist/`.
import wasm from "./laika-verifier.wasm?module";
import type { Source } from "./source.js";

/** The module is deployed beside the script, compiled. */
export const source: Source = { compile: async () => wasm, compileSync: () => wasm };
