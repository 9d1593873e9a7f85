import * as workers from "cloudflare:workers";
import type { Host } from "./host.js";

/**
 * Cloudflare Workers and other users of `workerd`, which compiles at deployment and never later.
 *
 * It cancels a request's fetches when it is answered; `waitUntil` prevents it (there since August
 * 2025, before that the next request fetches). Its `fetch` knows neither cookies nor an HTTP cache,
 * and some versions throw when they are named.
 */
export const host: Host = {
  requestInit: {},
  keepAlive(work) {
    try {
      workers.waitUntil?.(work);
    } catch {
      // Outside a request nothing can be kept alive, and the fetch itself reports its failure.
    }
  },
};
