import base64 from "#wasm-base64";
import type { Host } from "./host.js";

/** Browsers, Node, Deno, Bun: the module travels inside the script. */
export const host: Host = {
  compile: () => WebAssembly.compile(bytes()),
  compileSync: () => new WebAssembly.Module(bytes()),
  // Keys are public: no cookies. An unknown key must reach the server, not the HTTP cache.
  requestInit: { credentials: "omit", cache: "no-cache" },
  keepAlive: () => {},
};

function bytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
