// Named as seen from `dist/`: the import stays in the bundle, for the deployment to resolve.
import wasm from "./wasm/laika_verifier_wasm_bg.wasm";
import * as workers from "cloudflare:workers";
import { moduleHost } from "./module.js";

/**
 * Cloudflare Workers and other users of `workerd`, which cancels a request's fetches when it is
 * answered; `waitUntil` prevents it (there since August 2025, before that the next request fetches).
 */
export const host = moduleHost(wasm, (work) => {
  try {
    workers.waitUntil?.(work);
  } catch {
    // Outside a request nothing can be kept alive, and the fetch itself reports its failure.
  }
});
