// The npm package in `workerd`, as an edge worker.
import { createVerifier } from "laika-verifier";
import { answer, bearer } from "./decide.mjs";

let verifier;

export default {
  async fetch(request, env) {
    verifier ??= createVerifier({ issuers: { issuer: env.ISSUER, audience: "orders", jwksUri: env.JWKS_URI }, policy: env.POLICY });
    const { pathname, search } = new URL(request.url);
    const decision = await (await verifier).authorize(bearer(request.headers.get("authorization")), {
      method: request.method,
      path: pathname + search,
    });
    const { status, headers, body } = answer(decision);
    return new Response(body, { status, headers });
  },
};
