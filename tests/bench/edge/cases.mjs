// What is sent to Envoy, and past which filter.

import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { jwtAuthn, wasm } from "./envoy.mjs";

const [issuer, audience] = ["https://id.example.com", "orders"];
/** More than any cache here keeps by default, so that each is new when its turn comes. */
const NEW = 4000;
const MANY = 1000;

const KEYS = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: generateKeyPairSync("ed25519"),
};

const url = (bytes) => Buffer.from(bytes).toString("base64url");
const jwksOf = (alg) => ({ keys: [{ ...KEYS[alg].publicKey.export({ format: "jwk" }), kid: alg, alg, use: "sig" }] });

function tokenOf(alg) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer, sub: randomUUID(), aud: [audience], exp: now + 86_400, iat: now, jti: randomUUID(),
    type: "micro", sid: randomUUID(), username: "laika", level: 100, roles: ["orders/clerk", "user"],
    permissions: ["orders:read", "orders:create"],
  };
  const input = `${url(JSON.stringify({ alg, typ: "at+jwt", kid: alg }))}.${url(JSON.stringify(claims))}`;
  const key = KEYS[alg].privateKey;
  const signature = sign(alg === "EdDSA" ? null : "sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  return `${input}.${url(signature)}`;
}

/** What a browser sends besides, about. */
const MORE = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`x-header-${index}`, `a value of usual length, number ${index}`]));

const rulesOf = (count) => Array.from({ length: count }, (_, index) => ({
  id: `rule-${index}`, methods: ["GET"], path: `/service-${index}/orders/{id}`, require: "orders:read",
}));

const theirs = (alg, cached) => jwtAuthn({ issuer, audience, jwks: jwksOf(alg), cached });

/**
 * What is measured with our module, the least one, and the least one that decides: a name, a filter,
 * the algorithm and number of its tokens, and perhaps the rule that is asked for and headers besides;
 * `known` where our filter has seen the tokens before.
 * Those whose name contains `only`, or one of several texts with `|` between; all where it is absent.
 */
export function casesOf({ only, ...modules }) {
  const ours = (alg, { rules = 1, ...more } = {}) => wasm(modules.filter, {
    issuers: { issuer, audience, jwks: jwksOf(alg) },
    policy: { version: 1, rules: rulesOf(rules) },
    ...more,
  });
  const cases = [
    { name: "no filter", alg: "RS256", tokens: 1 },
    { name: "reads one header", filter: () => wasm(modules.floor), alg: "RS256", tokens: 1 },
    { name: "reads token, method and path", filter: () => wasm(modules.least), alg: "RS256", tokens: 1 },
  ];
  for (const alg of Object.keys(KEYS)) {
    for (const [set, tokens] of [["one token", 1], ["1,000 tokens", MANY], ["new tokens", NEW]]) {
      // For 1,000 in turn, each keeps as many as it may be told to.
      const room = tokens === MANY;
      cases.push(
        { name: `${alg}, ${set}: jwt_authn`, filter: () => theirs(alg), alg, tokens },
        { name: `${alg}, ${set}: jwt_authn with cache`, filter: () => theirs(alg, room ? 2 * MANY : 100), alg, tokens },
        { name: `${alg}, ${set}: ours`, filter: () => ours(alg, room ? { cache: { max_bytes: 8 * 1024 * 1024 } } : {}), alg, tokens, known: tokens < NEW },
      );
    }
  }
  for (const rules of [100, 10_000]) {
    cases.push({ name: `RS256, one token, ${rules} rules: ours`, filter: () => ours("RS256", { rules }), alg: "RS256", tokens: 1, rule: rules / 2, known: true });
  }

  cases.push(
    { name: "RS256, one token, access_log: ours", filter: () => ours("RS256", { access_log: true }), alg: "RS256", tokens: 1, known: true },
    { name: "12 headers more: reads one header", filter: () => wasm(modules.floor), alg: "RS256", tokens: 1, more: MORE },
    { name: "RS256, one token, 12 headers more: ours", filter: () => ours("RS256"), alg: "RS256", tokens: 1, more: MORE, known: true },
  );
  return cases.filter(({ name }) => !only || only.split("|").some((text) => name.includes(text)));
}

/** The requests of each of these cases, with tokens of one key for each algorithm. */
export function requestsOf(cases) {
  const made = {};
  for (const { alg, tokens } of cases) made[alg] = Math.max(made[alg] ?? 0, tokens);
  for (const alg of Object.keys(made)) made[alg] = Array.from({ length: made[alg] }, () => tokenOf(alg));
  return ({ alg, tokens, rule = 0, more }) => made[alg].slice(0, tokens).map((token) => ({
    method: "GET", path: `/service-${rule}/orders/7`, headers: { authorization: `Bearer ${token}`, ...more },
  }));
}
