import type { Host } from "./host.js";

/** Vercel's edge runtime, which compiles at deployment, and refuses code that could do it later. */
export const host: Host = { requestInit: {}, keepAlive: () => {} };
