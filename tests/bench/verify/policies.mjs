// Decisions about a token that is verified: ten rules and ten thousand, and the ten rules in Cedar.

import { ours } from "./contenders.mjs";
import { copied } from "./strings.mjs";

const FEW = 10;
const MANY = 10_000;
/** Decisions in a round: as many as take some milliseconds, so that it matters to nobody who came before. */
const [OURS, CEDARS] = [20_000, 2_000];
const ALG = "EdDSA";

/** The cases; `cedar` brings the module of `cedar-wasm` as this runtime takes it. */
export function policies(scene, cedar) {
  return [
    {
      name: `policy of ${FEW} rules, verified token`,
      playing: [
        { name: "laika-verifier", make: () => decider(scene, FEW) },
        { name: "cedar-wasm, pre-parsed", make: async () => cedarDecider(await cedar()) },
      ],
      items: (_, who) => (who === "laika-verifier" ? numbers(OURS, FEW).map(request) : numbers(CEDARS, FEW)),
    },
    {
      name: `policy of ${MANY} rules and of ${FEW}, spread over all rules`,
      playing: [
        { name: `${MANY} rules`, make: () => decider(scene, MANY) },
        { name: `${FEW} rules`, make: () => decider(scene, FEW) },
      ],
      items: (_, who) => numbers(OURS, who === `${MANY} rules` ? MANY : FEW).map(request),
    },
  ];
}

/** A request that rule `n` allows. */
function request(n) {
  return { method: "GET", path: copied(`/${name(n)}/items/7`) };
}

function numbers(count, size) {
  let state = 1;
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 8;
  return Array.from({ length: count }, () => random() % size);
}

async function decider(scene, size) {
  const token = scene.algorithms[ALG].known[0];
  const rules = Array.from({ length: size }, (_, n) => ({ id: name(n), path: `/${name(n)}/items/{id}`, methods: ["GET"], require: "orders:read" }));
  const verifier = await ours(scene, ALG, { policy: { version: 1, rules } });
  verifier.verifySync(token);
  return (request) => {
    const { allowed, token: verified } = verifier.authorizeSync(token, request);
    return allowed ? verified.subject : "nobody";
  };
}

/** The same ten rules: a GET of that resource, for whoever has the permission. */
function cedarDecider(cedar) {
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
