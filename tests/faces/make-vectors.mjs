// Makes `tests/vectors/algorithms.json` and `secret.json`: tokens of every algorithm, signed by
// foreign implementations (npm `jose` and Node's OpenSSL). Keys are new each time and salts are
// random, so the files are made once and committed:
//
//     node tests/faces/make-vectors.mjs    (with `jose` of tests/tools at hand)
import { constants, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const { SignJWT } = await import(createRequire(new URL("../tools/package.json", import.meta.url)).resolve("jose"));
const NOW = 1_800_000_000;
const issuer = "https://id.example.com";
const claims = {
  iss: issuer, sub: "0b4b5d5e-8a38-4c55-9d4f-5a4c7a0d6b11", aud: ["orders"], iat: NOW, exp: NOW + 300,
  jti: "1", type: "micro", roles: ["orders/clerk"], permissions: ["orders:read"],
};
const ok = (header) => ({ issuer, subject: claims.sub, permissions: claims.permissions, roles: claims.roles, expires_at: claims.exp, claims, header });
const keys = {
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  rsa4096: generateKeyPairSync("rsa", { modulusLength: 4096 }),
  p256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  p384: generateKeyPairSync("ec", { namedCurve: "P-384" }),
  ed: generateKeyPairSync("ed25519"),
};
const ALGORITHMS = {
  RS256: "rsa", RS384: "rsa", RS512: "rsa4096", PS256: "rsa", PS384: "rsa4096", PS512: "rsa",
  ES256: "p256", ES384: "p384", EdDSA: "ed", Ed25519: "ed",
};
const header = (alg, kid = ALGORITHMS[alg]) => ({ alg, kid, typ: "at+jwt" });
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
/** A token whose signature is whatever `make` makes of its input. */
const forged = (head, make) => {
  const input = `${encode(head)}.${encode(claims)}`;
  return `${input}.${make(Buffer.from(input)).toString("base64url")}`;
};
/** The token with the lowest bit of its signature's first byte changed. */
const flipped = (token) => {
  const [head, payload, signature] = token.split(".");
  const bytes = Buffer.from(signature, "base64url");
  bytes[0] ^= 1;
  return [head, payload, bytes.toString("base64url")].join(".");
};
const bad = (name, token, error) => ({ name, now: NOW, token, expect: { error } });

const cases = [];
for (const [alg, kid] of Object.entries(ALGORITHMS)) {
  const token = await new SignJWT(claims).setProtectedHeader(header(alg)).sign(keys[kid].privateKey);
  cases.push({ name: `good: ${alg}`, now: NOW, token, expect: { ok: ok(header(alg)) } });
  cases.push(bad(`signature_invalid: ${alg}, one bit changed`, flipped(token), "signature_invalid"));
}
const pss = (hash, saltLength) => (input) =>
  sign(hash, input, { key: keys.rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
const ecdsa = (name, hash, dsaEncoding) => (input) => sign(hash, input, { key: keys[name].privateKey, dsaEncoding });
cases.push(
  bad("signature_invalid: PSS under the name of PKCS#1", forged(header("RS256"), pss("sha256", 32)), "signature_invalid"),
  bad("signature_invalid: PKCS#1 under the name of PSS", forged(header("PS256"), (input) => sign("sha256", input, keys.rsa.privateKey)), "signature_invalid"),
  bad("signature_invalid: a salt of 20 bytes", forged(header("PS256"), pss("sha256", 20)), "signature_invalid"),
  bad("signature_invalid: no salt", forged(header("PS256"), pss("sha256", 0)), "signature_invalid"),
  bad("signature_invalid: another hash", forged(header("RS384"), (input) => sign("sha256", input, keys.rsa.privateKey)), "signature_invalid"),
  bad("signature_invalid: ECDSA in DER", forged(header("ES256"), ecdsa("p256", "sha256", "der")), "signature_invalid"),
  bad("signature_invalid: r and s zero", forged(header("ES256"), () => Buffer.alloc(64)), "signature_invalid"),
  bad("signature_invalid: two bytes more", forged(header("ES256"), (input) => Buffer.concat([ecdsa("p256", "sha256", "ieee-p1363")(input), Buffer.alloc(2)])), "signature_invalid"),
  bad("algorithm_not_allowed: ES256 with a key of P-384", forged(header("ES256", "p384"), ecdsa("p384", "sha256", "ieee-p1363")), "algorithm_not_allowed"),
  bad("algorithm_not_allowed: RS256 with a key of Ed25519", forged(header("RS256", "ed"), (input) => sign(null, input, keys.ed.privateKey)), "algorithm_not_allowed"),
);
const pem = createPublicKey(keys.rsa.privateKey).export({ type: "spki", format: "pem" });
const confused = (alg, kid) => new SignJWT(claims).setProtectedHeader(header(alg, kid)).sign(Buffer.from(pem));
cases.push(bad("algorithm_not_allowed: HMAC over a public key", await confused("HS256", "rsa"), "algorithm_not_allowed"));
for (const alg of ["ES512", "ES256K", "Ed448", "none", "RS1", "EDDSA"]) {
  cases.push(bad(`algorithm_not_allowed: ${alg}`, forged(header(alg, "rsa"), () => randomBytes(64)), "algorithm_not_allowed"));
}

const jwks = { keys: Object.entries(keys).map(([kid, { publicKey }]) => ({ ...publicKey.export({ format: "jwk" }), kid, use: "sig" })) };
const algorithms = Object.keys(ALGORITHMS);
const comment = "made by `node tests/faces/make-vectors.mjs` with npm jose and OpenSSL";
write("algorithms.json", { comment, options: { issuers: [{ issuer, audience: "orders", jwks, algorithms }] }, cases });

const secret = randomBytes(32);
const hs = { alg: "HS256", typ: "at+jwt" };
const hs256 = await new SignJWT(claims).setProtectedHeader(hs).sign(secret);
const named = await new SignJWT(claims).setProtectedHeader({ ...hs, kid: "any" }).sign(secret);
write("secret.json", {
  comment,
  options: { issuers: [{ issuer, audience: "orders", secret: secret.toString("base64url") }] },
  cases: [
    { name: "good: HS256", now: NOW, token: hs256, expect: { ok: ok(hs) } },
    { name: "good: HS256 with a kid", now: NOW, token: named, expect: { ok: ok({ ...hs, kid: "any" }) } },
    bad("signature_invalid: one bit changed", flipped(hs256), "signature_invalid"),
    bad("signature_invalid: another secret", await new SignJWT(claims).setProtectedHeader(hs).sign(randomBytes(32)), "signature_invalid"),
    bad("signature_invalid: an empty tag of 32 zeros", forged(hs, () => Buffer.alloc(32)), "signature_invalid"),
    bad("algorithm_not_allowed: HS512", await new SignJWT(claims).setProtectedHeader({ ...hs, alg: "HS512" }).sign(Buffer.concat([secret, secret])), "algorithm_not_allowed"),
    bad("algorithm_not_allowed: none", forged({ ...hs, alg: "none" }, () => Buffer.alloc(1)), "algorithm_not_allowed"),
  ],
});

function write(name, content) {
  writeFileSync(new URL(`../vectors/${name}`, import.meta.url), `${JSON.stringify(content, null, 2)}\n`);
  console.log(`${name}: ${content.cases.length} cases`);
}
