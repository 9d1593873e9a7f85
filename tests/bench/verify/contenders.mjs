// Who verifies tokens. Each is loaded when its turn comes, for not everything loads everywhere; what
// is loaded makes functions of a token that answer with its subject: `fresh` without a cache, `again`
// with the one that it comes with. All check signature, `iss`, `aud`, `exp`, and all but
// `jsonwebtoken`, which can't, `typ`.

import { createVerifier } from "laika-verifier";

const TYPE = "at+jwt";

/** A verifier of ours for tokens of `alg`. */
export function ours({ issuer, audience, algorithms }, alg, options) {
  const { jwk, pem } = algorithms[alg];
  const keys = pem ? { jwks: { keys: [jwk] } } : { secret: bytes(jwk.k) };
  return createVerifier({ issuers: { issuer, audience, ...keys }, ...options });
}

const laika = {
  async fresh(scene, alg) {
    const verifier = await ours(scene, alg, { cache: false });
    return (token) => verifier.verifySync(token).subject;
  },
  async again(scene, alg) {
    const verifier = await ours(scene, alg);
    return (token) => verifier.verifySync(token).subject;
  },
};

async function jose() {
  const { importJWK, jwtVerify } = await import("jose");
  return {
    async fresh({ issuer, audience, algorithms }, alg) {
      const key = await importJWK(algorithms[alg].jwk, alg);
      const expected = { issuer, audience, typ: TYPE, algorithms: [alg] };
      return async (token) => (await jwtVerify(token, key, expected)).payload.sub;
    },
  };
}

async function fastJwt() {
  const { default: { createVerifier } } = await import("fast-jwt");
  const { Buffer } = await import("node:buffer");
  const make = ({ issuer, audience, algorithms }, alg, cache) => {
    const { pem, jwk } = algorithms[alg];
    const key = pem ?? Buffer.from(jwk.k, "base64url");
    const verify = createVerifier({ key, algorithms: [alg], allowedIss: issuer, allowedAud: audience, checkTyp: TYPE, cache });
    return (token) => verify(token).sub;
  };
  return { fresh: (scene, alg) => make(scene, alg, false), again: (scene, alg) => make(scene, alg, true) };
}

async function jsonwebtoken() {
  const { default: library } = await import("jsonwebtoken");
  const { createPublicKey, createSecretKey } = await import("node:crypto");
  return {
    fresh({ issuer, audience, algorithms }, alg) {
      const { pem, jwk } = algorithms[alg];
      const key = pem ? createPublicKey(pem) : createSecretKey(jwk.k, "base64url");
      const expected = { issuer, audience, algorithms: [alg] };
      return (token) => library.verify(token, key, expected).sub;
    },
  };
}

/** All of them; ours is the first. */
export const contenders = [
  { name: "laika-verifier", again: "laika-verifier", load: async () => laika },
  { name: "jose", load: jose },
  { name: "jose, 16 in flight", load: jose, flight: 16 },
  { name: "fast-jwt", again: "fast-jwt with its cache", load: fastJwt },
  { name: "jsonwebtoken", load: jsonwebtoken },
];

function bytes(base64url) {
  return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}
