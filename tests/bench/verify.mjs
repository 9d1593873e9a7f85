// Verification of tokens never seen before: laika-verifier beside jose and fast-jwt.
//
// Every contender checks the same things (signature, iss, aud, exp, typ) on the same tokens, in
// turns, so that a slow moment of the machine hits all alike. A token is used in one round only,
// so no cache helps anybody. Times are medians over rounds, in microseconds per token.

import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { performance } from "node:perf_hooks";
import { createVerifier as createFastJwt } from "fast-jwt";
import { importJWK, jwtVerify } from "jose";
import { createVerifier } from "laika-verifier";

const ROUNDS = 15;
const TOKENS_PER_ROUND = 300;
const WARM_UP_ROUNDS = 3;
const ISSUER = "https://id.example.com";
const AUDIENCE = "orders";

const algorithms = {
  RS256: { pair: generateKeyPairSync("rsa", { modulusLength: 2048 }), hash: "sha256" },
  EdDSA: { pair: generateKeyPairSync("ed25519"), hash: null },
};

for (const [alg, { pair, hash }] of Object.entries(algorithms)) {
  const contenders = await prepare(alg, pair.publicKey);
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  const names = Object.keys(contenders);
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const tokens = Array.from({ length: TOKENS_PER_ROUND }, () => mint(alg, pair.privateKey, hash));
    // Another one begins each time: whoever comes first warms the caches for the rest.
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round + WARM_UP_ROUNDS) % names.length];
      const verify = contenders[name];
      const start = performance.now();
      for (const token of tokens) if ((await verify(token)) !== "someone") throw new Error(`${name} is wrong`);
      const spent = ((performance.now() - start) / tokens.length) * 1000;
      if (round >= 0) times[name].push(spent);
    }
  }
  const ours = median(times["laika-verifier"]);
  console.log(`${alg}, ${ROUNDS} rounds of ${TOKENS_PER_ROUND} new tokens each, Node ${process.versions.node}`);
  for (const [name, list] of Object.entries(times)) {
    const [low, middle, high] = [Math.min(...list), median(list), Math.max(...list)];
    const ratio = name === "laika-verifier" ? "" : `   ${(middle / ours).toFixed(2)} x the time of laika-verifier`;
    console.log(`  ${name.padEnd(15)} ${middle.toFixed(1).padStart(7)} µs   (${low.toFixed(1)} to ${high.toFixed(1)})${ratio}`);
  }
}

async function prepare(alg, publicKey) {
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "bench", alg, use: "sig" };
  const laika = await createVerifier({ issuers: { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [jwk] } }, cache: false });
  const fastJwt = createFastJwt({
    key: publicKey.export({ format: "pem", type: "spki" }),
    algorithms: [alg],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    checkTyp: "at+jwt",
    cache: false,
  });
  const key = await importJWK(jwk, alg);
  const expected = { issuer: ISSUER, audience: AUDIENCE, typ: "at+jwt", algorithms: [alg] };
  return {
    "laika-verifier": (token) => laika.verifySync(token).subject,
    jose: async (token) => (await jwtVerify(token, key, expected)).payload.sub,
    "fast-jwt": (token) => fastJwt(token).sub,
  };
}

function mint(alg, privateKey, hash) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg, kid: "bench", typ: "at+jwt" };
  const claims = {
    iss: ISSUER, sub: "someone", aud: [AUDIENCE], exp: now + 300, iat: now, jti: randomUUID(),
    sid: randomUUID(), client_id: "bench", type: "micro", username: "laika",
    roles: ["orders/clerk"], level: 50, permissions: ["orders:read", "orders:create"],
    scope: "orders:read orders:create",
  };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${sign(hash, Buffer.from(text), privateKey).toString("base64url")}`;
}

function median(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}
