/**
 * Middleware for Express 4 and 5, and for whatever else calls `(request, response, next)`.
 *
 * @packageDocumentation
 */

import type { VerifiedToken } from "../types.js";
import { Guard } from "./guard.js";
import { fromNode, type NodeRequest } from "./node.js";
import { isVerifier, type Source } from "./settings.js";

export type { GuardSettings, Source } from "./settings.js";

declare global {
  namespace Express {
    interface Request {
      /** The token of this request; absent where the policy lets anyone pass and there is none. */
      laika?: VerifiedToken;
    }
  }
}

/** An answer of Node, as far as it is written; `ServerResponse` is such. */
interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/**
 * The middleware, which also knows the tokens of the requests that it let pass.
 *
 * @typeParam C claims of yours, besides the standard ones
 * @example
 * ```ts
 * import { createVerifier } from "laika-verifier";
 * import { protect, type ExpressGuard } from "laika-verifier/middleware/express";
 *
 * const guard: ExpressGuard<{ tenant: string }> = protect(
 *   await createVerifier<{ tenant: string }>({ issuers: { issuer, audience: "orders", jwksUri }, policy }),
 * );
 * ```
 */
export interface ExpressGuard<C = {}> {
  (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void): void;
  /**
   * The token of a request that has passed: `request.laika`, with the type of your claims. Absent
   * where the policy lets anyone pass and there is none.
   *
   * @example
   * ```ts
   * import express from "express";
   * import { createVerifier } from "laika-verifier";
   * import { protect } from "laika-verifier/middleware/express";
   *
   * const guard = protect(await createVerifier<{ tenant: string }>({ issuers: { issuer, audience: "orders", jwksUri }, policy }));
   * const app = express().use(guard);
   * app.get("/orders", (request, response) => {
   *   response.send(`orders of ${guard.token(request)?.claims.tenant}`);
   * });
   * ```
   */
  token(request: object): VerifiedToken<C> | undefined;
}

/**
 * Decides every request by the policy, on its original URL, and answers the denials itself, as
 * problem+json. Use it first, before routers and body parsers.
 *
 * Options that are not acceptable stop the process, as a promise that nobody catches; make the
 * verifier yourself to hear of it in another way.
 *
 * @typeParam C claims of yours, besides the standard ones
 * @throws {LaikaError} `options_invalid` when settings are not acceptable
 * @example
 * ```ts
 * import express from "express";
 * import { protect } from "laika-verifier/middleware/express";
 *
 * const app = express();
 * app.use(protect({ issuers: { issuer, audience: "orders", jwksUri }, policy, realm: "orders" }));
 * app.get("/orders", (request, response) => {
 *   response.send(`hello ${request.laika?.claims.username}`);
 * });
 * ```
 */
export function protect<C = {}>(source: Source<C>): ExpressGuard<C> {
  const guard = new Guard<C>(source);
  if (!isVerifier(source)) void guard.ready();
  const middleware = async (request: NodeRequest & Marked<C>, response: NodeResponse) => {
    const { decision, answer } = await guard.judge(fromNode(request));
    if (!answer) {
      if (decision.token) request.laika = decision.token;
      // What a guard before this one has seen is not what this one has proved.
      else delete request.laika;
      return true;
    }
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
    response.end(answer.body);
    return false;
  };
  return Object.assign(
    (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void) => {
      middleware(request, response).then((passes) => passes && next(), next);
    },
    { token: (request: Marked<C>) => request.laika },
  );
}

interface Marked<C> {
  laika?: VerifiedToken<C>;
}
