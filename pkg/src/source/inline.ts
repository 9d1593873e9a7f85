import base64 from "#wasm-base64";
import type { Source } from "./source.js";

/** The module travels inside the script. */
export const source: Source = {
  compile: () => WebAssembly.compile(bytes()),
  compileSync: () => new WebAssembly.Module(bytes()),
};

function bytes(): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  // `Uint8Array.from` takes ten times as long, and it is what start-up consists of.
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
