/**
 * A plugin for Fastify.
 *
 * @packageDocumentation
 */

import type { FastifyInstance } from "fastify";
import type { VerifiedToken } from "../types.js";
import { Guard } from "./guard.js";
import { fromNode } from "./node.js";
import type { Source } from "./settings.js";

export type { GuardSettings, Source } from "./settings.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The token of this request; absent where the policy lets anyone pass and there is none. */
    laika: VerifiedToken | undefined;
  }
}

/**
 * The plugin, which also knows the tokens of the requests that it let pass.
 *
 * @typeParam C claims of yours, besides the standard ones
 * @example
 * ```ts
 * import { createVerifier } from "laika-verifier";
 * import { protect, type FastifyGuard } from "laika-verifier/middleware/fastify";
 *
 * const guard: FastifyGuard<{ tenant: string }> = protect(
 *   await createVerifier<{ tenant: string }>({ issuers: { issuer, audience: "orders", jwksUri }, policy }),
 * );
 * ```
 */
export interface FastifyGuard<C = {}> {
  (app: FastifyInstance): Promise<void>;
  /**
   * The token of a request that has passed: `request.laika`, with the type of your claims. Absent
   * where the policy lets anyone pass and there is none.
   *
   * @example
   * ```ts
   * import Fastify from "fastify";
   * import { createVerifier } from "laika-verifier";
   * import { protect } from "laika-verifier/middleware/fastify";
   *
   * const guard = protect(await createVerifier<{ tenant: string }>({ issuers: { issuer, audience: "orders", jwksUri }, policy }));
   * const app = Fastify();
   * await app.register(guard);
   * app.get("/orders", async (request) => `orders of ${guard.token(request)?.claims.tenant}`);
   *
   * const answer = await app.inject({ url: "/orders", headers: { authorization: `Bearer ${token}` } });
   * console.log(answer.body); // orders of acme
   * ```
   */
  token(request: object): VerifiedToken<C> | undefined;
}

/**
 * Decides every request by the policy, on its original URL, and answers the denials itself, as
 * problem+json. It guards the instance that registers it, with all that is inside.
 *
 * Options that are not acceptable stop the start: `ready` and `listen` reject.
 *
 * @typeParam C claims of yours, besides the standard ones
 * @throws {LaikaError} `options_invalid` when settings are not acceptable
 * @example
 * ```ts
 * import Fastify from "fastify";
 * import { protect } from "laika-verifier/middleware/fastify";
 *
 * const app = Fastify();
 * await app.register(protect({ issuers: { issuer, audience: "orders", jwksUri }, policy }));
 * app.get("/orders", async (request) => `hello ${request.laika?.claims.username}`);
 *
 * const answer = await app.inject({ url: "/orders", headers: { authorization: `Bearer ${token}` } });
 * console.log(answer.body); // hello laika
 * ```
 */
export function protect<C = {}>(source: Source<C>): FastifyGuard<C> {
  const guard = new Guard<C>(source);
  const plugin = async (app: FastifyInstance): Promise<void> => {
    await guard.ready();
    if (!app.hasRequestDecorator("laika")) app.decorateRequest("laika", undefined);
    app.addHook("onRequest", async (request, reply) => {
      const { method, rawHeaders, headers } = request.raw;
      const { decision, answer } = await guard.judge(fromNode({ method, rawHeaders, headers, url: request.originalUrl }));
      if (!answer) request.laika = decision.token as VerifiedToken | undefined;
      // As bytes: to text, Fastify adds a character set that JSON does not have.
      else return reply.code(answer.status).headers(answer.headers).send(new TextEncoder().encode(answer.body));
    });
  };
  return Object.assign(plugin, {
    token: (request: { laika?: VerifiedToken<C> }) => request.laika,
    // Guards the instance that registers it, not one of its own.
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "laika-verifier",
  });
}
