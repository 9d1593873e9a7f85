// A service worker that decides each call to the API before it goes out. Without a network it goes
// on: it verifies tokens with the keys that it has kept, and shows what it has kept to whoever may
// see it, for as long as the token lasts.
import { protect } from "laika-verifier/worker";
import { policy } from "./policy.js";

// `ISSUER` is filled in by the bundler.
const issuer = ISSUER;

const guarded = protect(
  async (request, { token, decision }) => {
    // Each user's answers by themselves: the next one on this computer may see other orders.
    const kept = await caches.open(`orders of ${token.subject}`);
    try {
      const response = await fetch(request);
      if (decision.rule === "list" && response.ok) await kept.put(request.url, response.clone());
      return response;
    } catch {
      const last = decision.rule === "list" ? await kept.match(request.url) : undefined;
      return last ?? new Response("there is no network", { status: 503 });
    }
  },
  {
    issuers: { issuer, audience: "orders", jwksUri: `${issuer}/.well-known/jwks.json` },
    policy,
    fetch: keysFromFarOrNear,
  },
);

/** The issuer's keys, and where it can't be reached, those that it had last. */
async function keysFromFarOrNear(uri, init) {
  const kept = await caches.open("keys");
  try {
    const response = await fetch(uri, init);
    if (response.ok) await kept.put(uri, response.clone());
    return response;
  } catch (error) {
    const last = await kept.match(uri);
    if (last) return last;
    throw error;
  }
}

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin === location.origin && pathname.startsWith("/api/")) event.respondWith(guarded(event.request));
});
