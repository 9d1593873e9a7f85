// Named as seen from `dist/`: the import stays in the bundle, for the deployment to resolve.
import wasm from "./laika-verifier.wasm";
import type { Source } from "./source.js";

/** The module is deployed beside the script, compiled. */
export const source: Source = { compile: async () => wasm, compileSync: () => wasm };
