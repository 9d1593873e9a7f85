// A million verifications in one process, a fifth of them of forgeries: every answer right, memory
// flat.

import { createVerifier } from "laika-verifier";
import { AUDIENCE, ISSUER, signers } from "./token.mjs";

const CALLS = Number(process.argv[2] ?? 1_000_000);
const DISTINCT = 4_000;
const WARM_UP = CALLS / 10;
const ALLOWED_GROWTH_MIB = 16;

const [rs256, eddsa] = signers();
const tokens = Array.from({ length: DISTINCT }, (_, i) => (i % 4 ? eddsa : rs256).mint());
const verifier = await createVerifier({
  issuers: { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [rs256.jwk, eddsa.jwk] } },
  // The same tokens come again and again, and each is to be verified.
  cache: false,
});

let before;
const start = Date.now();
for (let call = 0; call < CALLS; call++) {
  const token = tokens[call % DISTINCT];
  if (call % 5 === 0) {
    refused(`${token.slice(0, -8)}AAAAAAAA`);
  } else if (verifier.verifySync(token).issuer !== ISSUER) {
    throw new Error(`call ${call}: wrong answer`);
  }
  if (call === WARM_UP) before = memory();
}
const seconds = (Date.now() - start) / 1000;
const after = memory();
const growth = after - before;

console.log(JSON.stringify({
  what: "verifications in one Node process",
  result: `${CALLS} calls in ${seconds.toFixed(0)} s; resident memory ${before.toFixed(0)} MiB after `
    + `${WARM_UP} calls, ${after.toFixed(0)} MiB at the end`,
  ok: growth <= ALLOWED_GROWTH_MIB,
}));

function refused(token) {
  try {
    verifier.verifySync(token);
  } catch (error) {
    if (error.code === "signature_invalid") return;
    throw error;
  }
  throw new Error(`accepted: ${token}`);
}

function memory() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage.rss() / 2 ** 20;
}
