// Verification of tokens never seen before: laika-verifier beside jose and fast-jwt.
//
// Every contender checks the same things (signature, iss, aud, exp, typ) on the same tokens, in
// turns, so that a slow moment of the machine hits all alike. A token is used in one round only,
// so no cache helps anybody. Times are medians over rounds, in microseconds per token.

import { createHmac, generateKeyPairSync, randomBytes, randomUUID, sign } from "node:crypto";
import { performance } from "node:perf_hooks";
import { createVerifier as createFastJwt } from "fast-jwt";
import { importJWK, jwtVerify } from "jose";
import { createVerifier } from "laika-verifier";

const ROUNDS = 15;
const TOKENS_PER_ROUND = 300;
const WARM_UP_ROUNDS = 3;
const ISSUER = "https://id.example.com";
const AUDIENCE = "orders";

const secret = randomBytes(32);
const algorithms = {
  RS256: await asymmetric("RS256", generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256"),
  ES256: await asymmetric("ES256", generateKeyPairSync("ec", { namedCurve: "P-256" }), "sha256"),
  EdDSA: await asymmetric("EdDSA", generateKeyPairSync("ed25519"), null),
  HS256: {
    laika: { secret },
    fastJwt: secret,
    jose: secret,
    sign: (text) => createHmac("sha256", secret).update(text).digest(),
  },
};

for (const [alg, keys] of Object.entries(algorithms)) {
  const contenders = await prepare(alg, keys);
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  const names = Object.keys(contenders);
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const tokens = Array.from({ length: TOKENS_PER_ROUND }, () => mint(alg, keys.sign));
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

/** A pair of keys as each contender wants it. */
async function asymmetric(alg, { publicKey, privateKey }, hash) {
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "bench", alg, use: "sig" };
  return {
    laika: { jwks: { keys: [jwk] } },
    fastJwt: publicKey.export({ format: "pem", type: "spki" }),
    jose: await importJWK(jwk, alg),
    // The signature of a JWS is two numbers, not DER (RFC 7518 section 3.4).
    sign: (text) => sign(hash, Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" }),
  };
}

async function prepare(alg, keys) {
  const issuer = { issuer: ISSUER, audience: AUDIENCE, ...keys.laika };
  const laika = await createVerifier({ issuers: issuer, cache: false });
  const fastJwt = createFastJwt({
    key: keys.fastJwt,
    algorithms: [alg],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    checkTyp: "at+jwt",
    cache: false,
  });
  const expected = { issuer: ISSUER, audience: AUDIENCE, typ: "at+jwt", algorithms: [alg] };
  return {
    "laika-verifier": (token) => laika.verifySync(token).subject,
    jose: async (token) => (await jwtVerify(token, keys.jose, expected)).payload.sub,
    "fast-jwt": (token) => fastJwt(token).sub,
  };
}

function mint(alg, sign) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg, kid: "bench", typ: "at+jwt" };
  const claims = {
    iss: ISSUER, sub: "someone", aud: [AUDIENCE], exp: now + 300, iat: now, jti: randomUUID(),
    sid: randomUUID(), client_id: "bench", type: "micro", username: "laika",
    roles: ["orders/clerk"], level: 50, permissions: ["orders:read", "orders:create"],
    scope: "orders:read orders:create",
  };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${sign(text).toString("base64url")}`;
}

function median(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}
