// Verifiers that are made, used and dropped, with and without `free`: memory stays flat both ways.

import { createVerifier } from "laika-verifier";
import { AUDIENCE, ISSUER, signers } from "./token.mjs";

const VERIFIERS = Number(process.argv[2] ?? 20_000);
const CALLS_EACH = 25;
const DISTINCT = 1_000;
/** Less than a third of what verifiers hold that are left behind, tables of their keys included: 22 KiB each. */
const ALLOWED_GROWTH_BYTES = 7 * 1024 * (VERIFIERS / 2);

const [rs256, eddsa] = signers();
const tokens = Array.from({ length: DISTINCT }, () => eddsa.mint());
const jwks = { keys: [rs256.jwk, eddsa.jwk] };
const issuers = {
  fixed: { issuer: ISSUER, audience: AUDIENCE, jwks },
  remote: { issuer: ISSUER, audience: AUDIENCE, jwksUri: "https://id.example.com/jwks.json" },
};
const answer = JSON.stringify(jwks);
const fetch = async () => new Response(answer);

const start = Date.now();
const runs = [];
for (const free of [true, false]) runs.push({ free, ...(await run(free)) });
const seconds = (Date.now() - start) / 1000;

console.log(JSON.stringify({
  what: "verifiers made and dropped in one Node process",
  result: `${VERIFIERS} with \`free\` and ${VERIFIERS} without, ${2 * VERIFIERS * CALLS_EACH} verifications in `
    + `${seconds.toFixed(0)} s; resident memory after half of them and at the end: `
    + runs.map(({ free, half, end }) => `${mib(half)} and ${mib(end)} MiB ${free ? "with" : "without"}`).join(", "),
  ok: runs.every(({ half, end }) => end - half <= ALLOWED_GROWTH_BYTES),
}));

/** Resident bytes after half of the verifiers and after all. */
async function run(free) {
  let half;
  for (let i = 0; i < VERIFIERS; i++) {
    await use(i, free);
    // What was dropped is given back between tasks, as in any program that waits for requests.
    if (i % 50 === 0) await turn();
    if (i === VERIFIERS / 2) half = await settled();
  }
  return { half, end: await settled() };
}

async function use(i, free) {
  const verifier = await createVerifier({ issuers: i % 4 ? issuers.fixed : issuers.remote, fetch });
  for (let call = 0; call < CALLS_EACH; call++) {
    // Two tokens: one is verified once, the other comes again.
    const { issuer } = await verifier.verify(tokens[(i + (call === 0 ? 1 : 0)) % DISTINCT]);
    if (issuer !== ISSUER) throw new Error(`verifier ${i}: wrong answer`);
  }
  if (free) verifier.free();
}

async function settled() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await turn();
  }
  return process.memoryUsage.rss();
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

function mib(bytes) {
  return Math.round(bytes / 2 ** 20);
}
