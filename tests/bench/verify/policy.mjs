// Decisions about a token that is verified: ten rules and ten thousand, and the ten rules in Cedar.

import cedar from "@cedar-policy/cedar-wasm/nodejs";
import { createVerifier } from "laika-verifier";
import { ALGORITHMS, AUDIENCE, ISSUER, mint } from "./tokens.mjs";

const FEW = 10;
const MANY = 10_000;
const DECISIONS = 2000;
const ALG = "EdDSA";

/** What is to be measured. */
export async function policies() {
  const token = mint(ALG);
  const decide = { [FEW]: await ours(FEW, token), [MANY]: await ours(MANY, token) };
  const theirs = cedarPolicy();
  return [
    {
      name: `policy of ${FEW} rules, verified token`,
      contenders: { "laika-verifier": decide[FEW], "cedar-wasm, pre-parsed": theirs },
      make: () => numbers(FEW),
    },
    {
      name: `policy of ${MANY} rules and of ${FEW}, spread over all rules`,
      contenders: { [`${MANY} rules`]: (n) => decide[MANY](n), [`${FEW} rules`]: (n) => decide[FEW](n % FEW) },
      make: () => numbers(MANY),
    },
  ];
}

function numbers(size) {
  let state = 1;
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 8;
  return Array.from({ length: DECISIONS }, () => random() % size);
}

async function ours(size, token) {
  const rules = Array.from({ length: size }, (_, n) => ({ id: name(n), path: `/${name(n)}/items/{id}`, methods: ["GET"], require: "orders:read" }));
  const issuers = { issuer: ISSUER, audience: AUDIENCE, ...ALGORITHMS[ALG].ours(ALG) };
  const verifier = await createVerifier({ issuers, policy: { version: 1, rules } });
  verifier.verifySync(token);
  const requests = rules.map((_, n) => ({ method: "GET", path: `/${name(n)}/items/7` }));
  return (n) => {
    const { allowed, token: verified } = verifier.authorizeSync(token, requests[n]);
    return allowed ? verified.subject : "nobody";
  };
}

/** The same ten rules: a GET of that resource, for whoever has the permission. */
function cedarPolicy() {
  const rules = Array.from(
    { length: FEW },
    (_, n) => `permit(principal, action == Action::"GET", resource == Path::"${name(n)}") when { context.permissions.contains("orders:read") };`,
  );
  const parsed = cedar.preparsePolicySet("bench", { staticPolicies: rules.join("\n") });
  if (parsed.type !== "success") throw new Error(JSON.stringify(parsed));
  const call = {
    principal: { type: "User", id: "someone" },
    action: { type: "Action", id: "GET" },
    context: { permissions: ["orders:read", "orders:create"] },
    preparsedPolicySetId: "bench",
    validateRequest: false,
    entities: [],
  };
  return (n) => {
    const answer = cedar.statefulIsAuthorized({ ...call, resource: { type: "Path", id: name(n) } });
    return answer.type === "success" && answer.response.decision === "allow" ? "someone" : JSON.stringify(answer);
  };
}

function name(n) {
  return `r${String(n).padStart(5, "0")}`;
}
