// Keys and tokens for the tests, made by a foreign implementation (`jose`).
import { createPrivateKey, sign } from "node:crypto";
import { exportJWK, exportPKCS8, generateKeyPair, SignJWT } from "jose";

/** The time of every test that does not say otherwise, in Unix seconds. */
export const NOW = 1_800_000_000;
export const ISSUER = "https://id.example.com";
export const AUDIENCE = "orders";

/** A key pair with its public JWK; `alg` is RS256 or EdDSA. */
export async function makeKey(alg, kid) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
  return { alg, kid, jwk, privateKey, pem: await exportPKCS8(privateKey) };
}

/** Claims of a good token, changed by `changes`; `undefined` takes one away. */
export function claimsWith(changes = {}) {
  return {
    iss: ISSUER,
    sub: "5f0c1f9e-8d39-4b7b-9a62-3d3f1f1d7a11",
    aud: [AUDIENCE],
    exp: NOW + 300,
    iat: NOW,
    jti: "e7b8b6a2-36a0-4b86-8f0e-6a3f6f6f0c55",
    client_id: "web",
    type: "micro",
    username: "laika",
    roles: ["orders/clerk"],
    level: 50,
    permissions: ["orders:read", "orders:notes:*"],
    ...changes,
  };
}

/** A token of `key`, by `jose`. */
export function mint(key, changes = {}, header = {}) {
  const members = { alg: key.alg, kid: key.kid, typ: "at+jwt", ...header };
  return new SignJWT(claimsWith(changes)).setProtectedHeader(members).sign(key.privateKey);
}

/** A token of `key` from header and payload as text, for what no library would write. */
export function mintText(key, header, payload) {
  const input = `${base64url(header)}.${base64url(payload)}`;
  const digest = key.alg === "RS256" ? "sha256" : null;
  return `${input}.${sign(digest, Buffer.from(input), createPrivateKey(key.pem)).toString("base64url")}`;
}

/** The header of a good token of `key`, as text. */
export function headerText(key) {
  return JSON.stringify({ alg: key.alg, kid: key.kid, typ: "at+jwt" });
}

export function base64url(text) {
  return Buffer.from(text).toString("base64url");
}

/** Options of a verifier with static keys and a clock that stands at `NOW`. */
export function optionsWith(keys, changes = {}, issuerChanges = {}) {
  return {
    issuers: { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: keys.map(({ jwk }) => jwk) }, ...issuerChanges },
    now: () => NOW,
    ...changes,
  };
}
