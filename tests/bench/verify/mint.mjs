// Keys and tokens, the same for every runtime and every contender: `node mint.mjs FOLDER` leaves them
// in `scene.json` there.

import { createHmac, generateKeyPairSync, randomBytes, randomUUID, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ALL_ROUNDS, FRESH, KNOWN } from "./cases.mjs";

const ISSUER = "https://id.example.com";
const AUDIENCE = "orders";
/** Keys of the set that a verifier starts with, of which one has signed. */
const KEYS = 10;
/** Longer than everything that is measured takes. */
const LIFETIME = 12 * 3600;

const SIGNERS = {
  RS256: asymmetric(generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256"),
  ES256: asymmetric(generateKeyPairSync("ec", { namedCurve: "P-256" }), "sha256"),
  EdDSA: asymmetric(generateKeyPairSync("ed25519"), null),
  HS256: symmetric(randomBytes(32)),
};

const others = Array.from({ length: KEYS - 1 }, (_, n) => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...publicKey.export({ format: "jwk" }), kid: `other${n}`, alg: "RS256" };
});
const algorithms = Object.fromEntries(Object.entries(SIGNERS).map(([alg, { jwk, pem, sign }]) => {
  const many = (count) => Array.from({ length: count }, () => mint(alg, sign));
  return [alg, { jwk: jwk(alg), pem, fresh: Array.from({ length: ALL_ROUNDS }, () => many(FRESH)), known: many(KNOWN) }];
}));
writeFileSync(join(process.argv[2], "scene.json"), JSON.stringify({ issuer: ISSUER, audience: AUDIENCE, algorithms, others }));

function asymmetric({ publicKey, privateKey }, hash) {
  // The signature of a JWS is two numbers, not DER (RFC 7518 section 3.4).
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" };
  return {
    jwk: (alg) => ({ ...publicKey.export({ format: "jwk" }), kid: "bench", alg, use: "sig" }),
    pem: publicKey.export({ format: "pem", type: "spki" }),
    sign: (text) => sign(hash, Buffer.from(text), key),
  };
}

function symmetric(secret) {
  return {
    jwk: (alg) => ({ kty: "oct", k: secret.toString("base64url"), alg }),
    sign: (text) => createHmac("sha256", secret).update(text).digest(),
  };
}

/** A token like no other, with the ten claims and more that our issuer writes. */
function mint(alg, sign) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg, kid: "bench", typ: "at+jwt" };
  const claims = {
    iss: ISSUER, sub: "someone", aud: [AUDIENCE], exp: now + LIFETIME, iat: now, jti: randomUUID(),
    sid: randomUUID(), client_id: "bench", type: "micro", username: "laika",
    roles: ["orders/clerk"], level: 50, permissions: ["orders:read", "orders:create"],
    scope: "orders:read orders:create",
  };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${sign(text).toString("base64url")}`;
}
