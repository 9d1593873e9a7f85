// An edge worker as a user would write it: two verifiers, made once, used by every request.
import { createVerifier, decodeUnverified, LaikaError } from "laika-verifier";

let verifiers;
/** Seconds by which the tests have put the clock forward. */
let ahead = 0;

export default {
  async fetch(request, env) {
    verifiers ??= makeVerifiers(env);
    const { remote, fixed } = await verifiers;
    const { pathname, searchParams } = new URL(request.url);
    ahead = Number(searchParams.get("ahead"));
    const token = request.headers.get("authorization")?.replace(/^bearer /i, "");
    try {
      if (pathname === "/static/verify") return Response.json(fixed.verifySync(token));
      if (pathname === "/remote/verify") return Response.json(await remote.verify(token));
      if (pathname === "/stats") return Response.json(remote.stats());
      if (pathname === "/decode") return Response.json(decodeUnverified(token));
      const decision = await remote.authorize(token, { method: request.method, path: pathname });
      return Response.json(decision, { status: decision.status });
    } catch (error) {
      if (!(error instanceof LaikaError)) throw error;
      return Response.json({ code: error.code, message: error.message }, { status: 500 });
    }
  },
};

async function makeVerifiers({ OPTIONS, JWKS, JWKS_URI, POLICY }) {
  const seconds = () => Date.now() / 1000 + ahead;
  return {
    fixed: await createVerifier({ issuers: { ...OPTIONS, jwks: JWKS }, now: seconds }),
    remote: await createVerifier({ issuers: { ...OPTIONS, jwksUri: JWKS_URI }, policy: POLICY, now: seconds }),
  };
}
