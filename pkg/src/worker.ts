/**
 * A wrapper for the `fetch` handler of an edge worker: `workerd`, Cloudflare Workers, and whatever
 * else takes `(request, env, ctx) => Response`.
 *
 * @packageDocumentation
 */

import { createVerifier } from "laika-verifier";
import { fromFetch, toResponse } from "./middleware/fetch.js";
import { Guard, type Authorizer } from "./middleware/guard.js";
import type { Source } from "./middleware/settings.js";
import type { Decision, VerifiedToken, VerifierOptions } from "./types.js";
import { KeyCache } from "./worker/key-cache.js";

export type { GuardSettings, Source } from "./middleware/settings.js";

/** What a runtime hands to a handler besides the request and its bindings. */
interface WorkerContext {
  waitUntil(work: Promise<unknown>): void;
}

/**
 * What a protected handler is told besides the request.
 *
 * @typeParam C claims of yours, besides the standard ones
 * @typeParam E the worker's bindings
 * @typeParam X the runtime's context
 * @example
 * ```ts
 * import { protect, type Passed } from "laika-verifier/worker";
 *
 * const greet = ({ token, decision }: Passed) => `hello ${token?.claims.username}, by the rule ${decision.rule}`;
 * const worker = protect((request, passed) => new Response(greet(passed)), verifier);
 *
 * const request = new Request("https://orders.example.com/orders", { headers: { authorization: `Bearer ${token}` } });
 * const answer = await worker(request, {}, { waitUntil: () => {} });
 * console.log(await answer.text()); // hello laika, by the rule list
 * ```
 */
export interface Passed<C = {}, E = unknown, X = WorkerContext> {
  /** The token; absent where the policy lets anyone pass and there is none. */
  readonly token: VerifiedToken<C> | undefined;
  /** What the policy says of the request, with the rule that allowed it. */
  readonly decision: Decision<C>;
  readonly env: E;
  readonly ctx: X;
}

/**
 * A handler that is only called for requests that the policy allows.
 *
 * @example
 * ```ts
 * import { protect, type ProtectedFetch } from "laika-verifier/worker";
 *
 * const handler: ProtectedFetch<{ tenant: string }> = (_, { token }) => new Response(token?.claims.tenant);
 * const fetch = protect(handler, { issuers: { issuer, audience: "orders", jwksUri }, policy });
 * ```
 */
export type ProtectedFetch<C = {}, E = unknown, X = WorkerContext> = (
  request: Request,
  passed: Passed<C, E, X>,
) => Response | Promise<Response>;

/** A handler as a runtime calls it; Deno, Bun and service workers have no bindings and no context. */
type WorkerFetch<E = unknown, X = WorkerContext> = (request: Request, env?: E, ctx?: X) => Promise<Response>;

/** What decides, or a function of the bindings that tells it; it is asked once, at the first request. */
type WorkerSource<C = {}, E = unknown> = Source<C> | ((env: E) => Source<C> | Promise<Source<C>>);

/**
 * Decides every request by the policy, answers the denials itself, as problem+json, and hands the
 * token of the others to `handler`: a function, or an object with `fetch`, whose other handlers,
 * also those of its class, stay as they are.
 *
 * Keys are kept in the isolate. Where the runtime has `caches.default` and the source is options,
 * key sets named by `jwksUri` are also shared between the isolates of a data centre, for a minute.
 *
 * @typeParam C claims of yours, besides the standard ones
 * @typeParam E the worker's bindings
 * @typeParam X the runtime's context
 * @throws {LaikaError} `options_invalid` when settings are not acceptable
 * @example
 * ```ts
 * import { protect } from "laika-verifier/worker";
 *
 * interface Env {
 *   ISSUER: string;
 *   JWKS_URI: string;
 * }
 * export default protect(
 *   { fetch: (_, { token }) => new Response(`hello ${token?.claims.username}`) },
 *   (env: Env) => ({ issuers: { issuer: env.ISSUER, audience: "orders", jwksUri: env.JWKS_URI }, policy }),
 * );
 * ```
 */
export function protect<C = {}, E = unknown, X = WorkerContext>(
  handler: ProtectedFetch<C, E, X>,
  source: WorkerSource<C, E>,
): WorkerFetch<E, X>;
/**
 * The same for an object.
 *
 * @example
 * ```ts
 * import { protect } from "laika-verifier/worker";
 *
 * const worker = protect({ fetch: () => new Response("hello"), scheduled: () => "done" }, verifier);
 * console.log(worker.scheduled()); // done
 * ```
 */
export function protect<C = {}, E = unknown, X = WorkerContext, H extends object = {}>(
  handler: H & { fetch: ProtectedFetch<C, E, X> },
  source: WorkerSource<C, E>,
): Omit<H, "fetch"> & { fetch: WorkerFetch<E, X> };
export function protect<C, E, X>(
  handler: ProtectedFetch<C, E, X> | { fetch: ProtectedFetch<C, E, X> },
  source: WorkerSource<C, E>,
): WorkerFetch<E, X> | { fetch: WorkerFetch<E, X> } {
  const guard = new Guard<C, E>(source, make);
  const call: ProtectedFetch<C, E, X> =
    typeof handler === "function" ? handler : (request, passed) => handler.fetch(request, passed);
  // A runtime that has no bindings calls handlers that ask for none.
  const fetch = (async (request: Request, env: E, ctx: X) => {
    const { decision, answer } = await guard.judge(fromFetch(request, urlOf(request)), env);
    return answer ? toResponse(answer) : call(request, { token: decision.token, decision, env, ctx });
  }) as WorkerFetch<E, X>;
  return typeof handler === "function" ? fetch : { ...inherited(handler), ...handler, fetch };
}

/**
 * The URL of a request: in a service worker without the page's fragment, which goes nowhere. A server that is
 * sent one hands it out as well, and an app that cuts paths by hand takes it for a part of them.
 */
function urlOf({ url }: Request): string {
  return "registration" in globalThis ? url.replace(/#.*/s, "") : url;
}

/** What the class of `handler` has for it to do, and those that it extends. */
function inherited(handler: object): object {
  const found: Record<PropertyKey, unknown> = {};
  let from = Object.getPrototypeOf(handler);
  // What every object has is no handler.
  for (let above; (above = from && Object.getPrototypeOf(from)); from = above) {
    for (const name of Reflect.ownKeys(from)) {
      const { value } = Object.getOwnPropertyDescriptor(from, name) as PropertyDescriptor;
      if (typeof value === "function" && name !== "constructor") found[name] ??= value.bind(handler);
    }
  }
  return found;
}

/** A verifier whose first key sets come from the Cache API, where there is one. */
async function make<C>(options: VerifierOptions): Promise<Authorizer<C>> {
  const cache = (globalThis as { caches?: { default?: Cache } }).caches?.default;
  if (!cache) return createVerifier<C>(options);
  const keys = new KeyCache(options, cache);
  const verifier = await createVerifier<C>({ ...options, fetch: keys.fetch });
  return {
    async authorize(token, request) {
      const decision = await verifier.authorize(token, request);
      if (decision.code !== "key_not_found" || !keys.inUse) return decision;
      // The key may be younger than what was kept: ask its endpoint, once, whatever the pace.
      await verifier.refresh();
      return verifier.authorize(token, request);
    },
  };
}
