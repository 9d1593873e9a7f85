// Tokens, and who verifies them.

import { createHmac, generateKeyPairSync, randomBytes, randomUUID, sign } from "node:crypto";
import { createVerifier as createFastJwt } from "fast-jwt";
import { importJWK, jwtVerify } from "jose";
import { createVerifier } from "laika-verifier";

export const ISSUER = "https://id.example.com";
export const AUDIENCE = "orders";

export const ALGORITHMS = {
  RS256: asymmetric(generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256"),
  ES256: asymmetric(generateKeyPairSync("ec", { namedCurve: "P-256" }), "sha256"),
  EdDSA: asymmetric(generateKeyPairSync("ed25519"), null),
  HS256: symmetric(randomBytes(32)),
};

function asymmetric({ publicKey, privateKey }, hash) {
  const pem = publicKey.export({ format: "pem", type: "spki" });
  const jwk = (alg) => ({ ...publicKey.export({ format: "jwk" }), kid: "bench", alg, use: "sig" });
  // The signature of a JWS is two numbers, not DER (RFC 7518 section 3.4).
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" };
  return { ours: (alg) => ({ jwks: { keys: [jwk(alg)] } }), jwk, fastJwt: pem, sign: (text) => sign(hash, Buffer.from(text), key) };
}

function symmetric(secret) {
  return {
    ours: () => ({ secret: new Uint8Array(secret) }),
    jwk: () => ({ kty: "oct", k: secret.toString("base64url") }),
    fastJwt: secret,
    sign: (text) => createHmac("sha256", secret).update(text).digest(),
  };
}

/** A token never seen before, with the ten claims and more that our issuer writes. */
export function mint(alg) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg, kid: "bench", typ: "at+jwt" };
  const claims = {
    iss: ISSUER, sub: "someone", aud: [AUDIENCE], exp: now + 3600, iat: now, jti: randomUUID(),
    sid: randomUUID(), client_id: "bench", type: "micro", username: "laika",
    roles: ["orders/clerk"], level: 50, permissions: ["orders:read", "orders:create"],
    scope: "orders:read orders:create",
  };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${ALGORITHMS[alg].sign(text).toString("base64url")}`;
}

/** Verifiers without caches. */
export async function firstSight(alg) {
  const { ours, jwk } = ALGORITHMS[alg];
  const laika = await createVerifier({ issuers: { issuer: ISSUER, audience: AUDIENCE, ...ours(alg) }, cache: false });
  const fastJwt = fastJwtVerifier(alg, false);
  const key = await importJWK(jwk(alg), alg);
  const expected = { issuer: ISSUER, audience: AUDIENCE, typ: "at+jwt", algorithms: [alg] };
  return {
    "laika-verifier": (token) => laika.verifySync(token).subject,
    jose: async (token) => (await jwtVerify(token, key, expected)).payload.sub,
    "fast-jwt": (token) => fastJwt(token).sub,
  };
}

/** Verifiers with their caches, as they come. */
export async function repeated(alg) {
  const laika = await createVerifier({ issuers: { issuer: ISSUER, audience: AUDIENCE, ...ALGORITHMS[alg].ours(alg) } });
  const fastJwt = fastJwtVerifier(alg, true);
  return {
    "laika-verifier": (token) => laika.verifySync(token).subject,
    "fast-jwt with its cache": (token) => fastJwt(token).sub,
  };
}

function fastJwtVerifier(alg, cache) {
  const { fastJwt: key } = ALGORITHMS[alg];
  return createFastJwt({ key, algorithms: [alg], allowedIss: ISSUER, allowedAud: AUDIENCE, checkTyp: "at+jwt", cache });
}
