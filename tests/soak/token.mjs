// Keys and tokens for the long runs, and random numbers that a seed repeats.

import { generateKeyPairSync, randomUUID, sign } from "node:crypto";

export const ISSUER = "https://id.example.com";
export const AUDIENCE = "orders";

/** One key pair per algorithm: `{ alg, jwk, mint(claims?) }`. */
export function signers() {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ed25519 = generateKeyPairSync("ed25519");
  return [signer("RS256", rsa, "sha256"), signer("EdDSA", ed25519, null)];
}

function signer(alg, { publicKey, privateKey }, hash) {
  const kid = `soak-${alg}`;
  const jwk = { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" };
  const mint = (more = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: ISSUER, sub: randomUUID(), aud: [AUDIENCE], exp: now + 86_400, iat: now, jti: randomUUID(),
      sid: randomUUID(), type: "micro", username: "laika", roles: ["orders/clerk"], level: 50,
      permissions: ["orders:read", "orders:create"], ...more,
    };
    const text = [{ alg, kid, typ: "at+jwt" }, claims].map(encode).join(".");
    return `${text}.${sign(hash, Buffer.from(text), privateKey).toString("base64url")}`;
  };
  return { alg, jwk, mint };
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** mulberry32: `random(n)` is an integer from 0 to n - 1. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}
