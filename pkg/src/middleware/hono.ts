/**
 * Middleware for Hono, in every runtime that Hono runs in.
 *
 * @packageDocumentation
 */

import type { MiddlewareHandler } from "hono";
import type { VerifiedToken } from "../types.js";
import { fromFetch, toResponse } from "./fetch.js";
import { Guard } from "./guard.js";
import { fromNode, type NodeRequest } from "./node.js";
import type { Source } from "./settings.js";

export type { GuardSettings, Source } from "./settings.js";

/**
 * What handlers find in the context.
 *
 * @typeParam C claims of yours, besides the standard ones
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { createVerifier } from "laika-verifier";
 * import { protect, type LaikaVariables } from "laika-verifier/middleware/hono";
 *
 * const app = new Hono<{ Variables: LaikaVariables<{ tenant: string }> }>();
 * app.use(protect(await createVerifier<{ tenant: string }>({ issuers: { issuer, audience: "orders", jwksUri }, policy })));
 * app.get("/orders", (c) => c.text(`orders of ${c.get("token")?.claims.tenant}`));
 *
 * const answer = await app.request("/orders", { headers: { authorization: `Bearer ${token}` } });
 * console.log(await answer.text()); // orders of acme
 * ```
 */
export interface LaikaVariables<C = {}> {
  /** The token of this request; absent where the policy lets anyone pass and there is none. */
  token: VerifiedToken<C> | undefined;
}

/**
 * Decides every request by the policy and answers the denials itself, as problem+json. Use it
 * first, on the outermost app: a mounted one sees another URL. On Node the target is judged as it
 * came; other runtimes have resolved its dots before anybody sees it. A request that middleware hands
 * to the app in place of the one that came, as `methodOverride` does, is judged as what it has become.
 *
 * `source` may be a function of the bindings; it is asked once, when the first request comes.
 *
 * @typeParam C claims of yours, besides the standard ones
 * @typeParam B bindings of the app
 * @throws {LaikaError} `options_invalid` when settings are not acceptable
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { protect } from "laika-verifier/middleware/hono";
 *
 * const app = new Hono()
 *   .use(protect((env) => ({ issuers: { issuer: env.ISSUER, audience: "orders", jwksUri: env.JWKS_URI }, policy })))
 *   .get("/orders", (c) => c.text(`hello ${c.get("token")?.claims.username}`));
 *
 * const bindings = { ISSUER: issuer, JWKS_URI: jwksUri };
 * const answer = await app.request("/orders", { headers: { authorization: `Bearer ${token}` } }, bindings);
 * console.log(await answer.text()); // hello laika
 * ```
 */
export function protect<C = {}, B extends object = any>(
  source: Source<C> | ((env: B) => Source<C> | Promise<Source<C>>),
): MiddlewareHandler<{ Bindings: B; Variables: LaikaVariables<C> }> {
  const guard = new Guard<C, B>(source);
  return async (c, next) => {
    const incoming = nodeRequest(c.env, c.req.raw);
    const { decision, answer } = await guard.judge(incoming ? fromNode(incoming) : fromFetch(c.req.raw), c.env);
    if (answer) return toResponse(answer);
    c.set("token", decision.token);
    await next();
    return undefined;
  };
}

/**
 * The request of Node's server, where `@hono/node-server` runs the app: its target is the raw one. Only as
 * long as it is what the app sees: `env` stays the same when middleware makes another request of it.
 */
function nodeRequest(env: unknown, seen: Request): NodeRequest | undefined {
  const { incoming } = (env ?? {}) as { incoming?: Partial<NodeRequest> };
  if (!Array.isArray(incoming?.rawHeaders) || incoming.method !== seen.method) return undefined;
  const { origin, href } = new URL(seen.url);
  const { url: target = "" } = incoming;
  // As the server makes a URL of a target, which is seldom in absolute form.
  const came = new URL(target.startsWith("/") ? origin + target : target, origin);
  return came.href === href ? (incoming as NodeRequest) : undefined;
}
