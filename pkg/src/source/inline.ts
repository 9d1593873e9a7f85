import base64 from "#wasm-base64";
import type { Source } from "./source.js";

/** The module travels inside the script. */
export const source: Source = {
  compile: () => WebAssembly.compile(bytes()),
  compileSync: () => new WebAssembly.Module(bytes()),
};

function bytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
