// Compiles, or `npm test` fails: what the declarations promise to an importing module.
import { createVerifier, decodeUnverified, LaikaError } from "laika-verifier";
import type { Decision, LaikaErrorCode, Policy, VerifiedToken, Verifier, VerifierOptions } from "laika-verifier";

const policy: Policy = {
  version: 1,
  rules: [
    { id: "health", path: "/health", require: "anyone" },
    { id: "cancel", methods: ["DELETE"], path: "/orders/{id}", require: { any: ["orders:cancel", "role:admin"] } },
    {
      id: "payout",
      host: "pay.example.com",
      path: "/payouts",
      require: { all: ["payouts:create", { claim: "amr", contains: "mfa" }, { claim: "auth_time", within: 900 }, { level: 10 }] },
    },
  ],
  otherwise: "deny",
};
const options: VerifierOptions = {
  issuers: [{ issuer: "https://id.example.com", audience: ["orders"], jwksUri: "https://id.example.com/jwks", algorithms: ["RS256", "EdDSA"] }],
  policy,
  now: () => Date.now() / 1000,
  fetch,
};

export async function use(token: string | undefined): Promise<string> {
  const verifier: Verifier<{ tenant: string }> = await createVerifier<{ tenant: string }>(options);
  const decision: Decision<{ tenant: string }> = await verifier.authorize(token, { method: "GET", path: "/orders" });
  const status: 200 | 400 | 401 | 403 | 503 = decision.status;
  const { header, shown } = { header: decodeUnverified("a.b.c").header, shown: status };
  verifier[Symbol.dispose]();
  return `${decision.token?.claims.tenant ?? shown} ${header} ${decision.token?.claims.exp.toFixed()}`;
}

export function narrow(error: LaikaError): string {
  switch (error.code) {
    case "expired":
    case "stale":
      return "renew";
    case "token_missing":
      return error.claim ?? "log in";
    default:
      return error.code satisfies Exclude<LaikaErrorCode, "expired" | "stale" | "token_missing">;
  }
}

export function wrong(verifier: Verifier, token: VerifiedToken, error: LaikaError): void {
  // @ts-expect-error: results are read-only
  token.claims.sub = "admin";
  // @ts-expect-error: and so are their lists
  token.permissions.push("orders:cancel");
  // @ts-expect-error
  token.roles.push("orders/admin");
  // @ts-expect-error
  token.claims.amr?.push("mfa");
  // @ts-expect-error
  verifier.authorizeSync("token", { method: "GET", path: "/" }).missing?.pop();
  // @ts-expect-error: not every profile has an audience in `aud`
  token.claims.aud.length;
  // @ts-expect-error: a request has a path
  verifier.authorizeSync("token", { method: "GET" });
  // @ts-expect-error: tokens are strings, or absent
  verifier.authorizeSync(null, { method: "GET", path: "/" });
  // @ts-expect-error: no such code
  error.code === "expierd";
  // @ts-expect-error: no such option
  void createVerifier({ issuers: [], clockTolerence: 5 });
  // @ts-expect-error: the audience is required
  void createVerifier({ issuers: { issuer: "https://id.example.com" } });
  // @ts-expect-error: two tests of one claim
  ({ version: 1, rules: [{ id: "x", path: "/", require: { claim: "sub", present: true, within: "5" } }] }) satisfies Policy;
}
