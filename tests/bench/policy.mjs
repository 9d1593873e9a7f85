// What a decision of laika-verifier costs with 10 rules and with 10,000, through the npm package.
//
// Nobody has a token and the rules let anyone through, so that the policy is all that is measured.
// Rounds alternate between the two policies; times are the fastest round's, in microseconds.

import { performance } from "node:perf_hooks";
import { createVerifier } from "laika-verifier";

const SIZES = [10, 10_000];
const ROUNDS = 30;
const DECISIONS = 20_000;
const KEYS = { keys: [{ kty: "OKP", crv: "Ed25519", kid: "1", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] };

const name = (n) => `r${String(n).padStart(5, "0")}`;
const sides = await Promise.all(SIZES.map(prepare));
for (let round = 0; round < ROUNDS; round++) {
  for (const side of sides) side.best = Math.min(side.best, measure(side));
}
const [few, many] = sides.map((side) => side.best);
console.log(`through the npm package, spread over all rules, Node ${process.versions.node}`);
console.log(
  `  /r00042/items/{id}   ${SIZES[0]} rules ${few.toFixed(2)} µs   ${SIZES[1]} rules ${many.toFixed(2)} µs   ratio ${(many / few).toFixed(2)}`,
);

async function prepare(size) {
  const rules = Array.from({ length: size }, (_, n) => ({ id: name(n), path: `/${name(n)}/items/{id}`, require: "anyone" }));
  const issuers = { issuer: "https://id.example.com", audience: "orders", jwks: KEYS };
  const verifier = await createVerifier({ issuers, policy: { version: 1, rules } });
  let state = 1;
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 8;
  const requests = Array.from({ length: DECISIONS }, () => ({ method: "GET", path: `/${name(random() % size)}/items/7` }));
  return { verifier, requests, best: Infinity };
}

function measure({ verifier, requests }) {
  const start = performance.now();
  for (const request of requests) if (!verifier.authorizeSync(undefined, request).allowed) throw new Error("denied");
  return ((performance.now() - start) / requests.length) * 1000;
}
