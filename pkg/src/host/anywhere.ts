import type { Host } from "./host.js";

/** Browsers, Node, Deno, Bun. */
export const host: Host = {
  compile: (bytes) => WebAssembly.compile(bytes),
  // Keys are public: no cookies. An unknown key must reach the server, not the HTTP cache.
  requestInit: { credentials: "omit", cache: "no-cache" },
  keepAlive: () => {},
};
