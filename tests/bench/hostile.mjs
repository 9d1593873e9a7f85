// The hostile tokens of the golden vectors through other libraries, each at its strictest: how many
// it accepts although nobody should. The first argument is the file of vectors.
//
// Left out for all alike is what only our own contract forbids (`ours.mjs`). What a library has no option for is not mended here by hand, except that one without key
// sets is given the key of the token's `kid` with that key's one algorithm.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { JwtVerifier } from "aws-jwt-verify";
import { createVerifier as createFastJwt } from "fast-jwt";
import { Jwt } from "hono/utils/jwt";
import { createLocalJWKSet, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import { createVerifier } from "laika-verifier";
import { isOurs } from "./ours.mjs";

const { options, cases } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { now } = cases[0];
const [{ issuer, audience, jwks }] = options.issuers;
const ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
// Libraries that take no clock ask the machine's.
Date.now = () => now * 1000;

/** The key that a library is given, as it wants it, or an exception: there is none. */
function keyOf(kid) {
  const jwk = jwks.keys.find((key) => key.kid === kid);
  if (jwk.use === "enc" || jwk.key_ops?.includes("verify") === false) throw new Error("not a key for verification");
  return { alg: jwk.alg, pem: createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" }) };
}

const laika = await createVerifier({ ...options, now: () => now });
const keys = createLocalJWKSet(jwks);
const aws = JwtVerifier.create({ issuer, audience, jwksUri: "https://id.example.com/jwks.json", graceSeconds: 0 });
aws.cacheJwks({ keys: jwks.keys.filter(({ kty, n }) => kty !== "RSA" || n) });
const required = ["iss", "sub", "aud", "exp", "iat"];

const libraries = {
  "laika-verifier": (token) => laika.verify(token),
  "fast-jwt": (token) => {
    const { alg, pem } = keyOf(kidOf(token));
    const given = { key: pem, algorithms: [alg], allowedIss: issuer, allowedAud: audience, requiredClaims: required };
    return createFastJwt({ ...given, checkTyp: "at+jwt", maxAge: 3_600_000, clockTimestamp: now * 1000, cache: false })(token);
  },
  jose: (token) => {
    const given = { issuer, audience, algorithms: ALGORITHMS, typ: "at+jwt", requiredClaims: required };
    return jwtVerify(token, keys, { ...given, maxTokenAge: 3600, currentDate: new Date(now * 1000) });
  },
  hono: (token) => {
    const verification = { iss: issuer, aud: audience, exp: true, nbf: true, iat: true, typ: "at+jwt" };
    return Jwt.verifyWithJwks(token, { keys: jwks.keys, allowedAlgorithms: ALGORITHMS, verification });
  },
  "aws-jwt-verify": (token) => aws.verifySync(token),
  jsonwebtoken: (token) => {
    const { alg, pem } = keyOf(kidOf(token));
    return jsonwebtoken.verify(token, pem, { algorithms: [alg], issuer, audience, maxAge: 3600, clockTimestamp: now });
  },
};

function kidOf(token) {
  return JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString()).kid;
}

const judged = cases.filter(({ name }) => !isOurs(name));
const hostile = judged.filter(({ expect }) => expect.error);
const good = judged.filter(({ expect }) => expect.ok);
const classes = [...new Set(hostile.map(({ name }) => name.split(":")[0]))];
const accepted = {};
const unknown = {};
for (const [library, verify] of Object.entries(libraries)) {
  const accepts = async ({ token }) => {
    try {
      await verify(token);
      return true;
    } catch {
      return false;
    }
  };
  accepted[library] = [];
  for (const bad of hostile) if (await accepts(bad)) accepted[library].push(bad.name);
  unknown[library] = [];
  for (const token of good) if (!(await accepts(token))) unknown[library].push(token.name.slice(6).split(",")[0]);
}

const names = Object.keys(libraries);
const row = (cells) => `| ${cells.join(" | ")} |`;
console.log(`${hostile.length} hostile tokens; accepted although nobody should, by class:\n`);
console.log(row(["class", "tokens", ...names]));
console.log(row(["---", "--:", ...names.map(() => "--:")]));
for (const kind of classes) {
  const of = (list) => list.filter((name) => name.startsWith(`${kind}:`)).length;
  const counts = names.map((name) => of(accepted[name]));
  console.log(row([kind, of(hostile.map(({ name }) => name)), ...counts]));
}
console.log(row(["**all**", hostile.length, ...names.map((name) => `**${accepted[name].length}**`)]));
console.log(row(["algorithms it does not know", "", ...names.map((name) => unknown[name].join(", ") || "-")]));
if (process.env.LAIKA_NAMES) for (const name of names) console.log(`\n${name}:\n  ${accepted[name].join("\n  ")}`);
