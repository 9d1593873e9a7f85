// The filter in Envoy beside no filter, the least that a filter can do, and Envoy's own `jwt_authn`.
// Arguments: --envoy, --filter (our module), --floor (the least one), --least (the least one that
// decides), --wrk, --folder, and perhaps --json FILE, --only TEXT (or several, with `|` between),
// --rounds N, --seconds N.
//
// Every contender gets the same requests. Rounds go through all of them in turn, so that what else
// the machine does meets each alike; what counts are the medians, and their ratios.

import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { load } from "../issuer/load.mjs";
import { median } from "../issuer/report.mjs";
import { jwtAuthn, start, wasm } from "./envoy.mjs";

const text = { type: "string" };
const { values: args } = parseArgs({
  options: { envoy: text, filter: text, floor: text, least: text, wrk: text, folder: text, json: text, only: text, rounds: text, seconds: text },
});
const ROUNDS = Number(args.rounds ?? 3);
const SECONDS = Number(args.seconds ?? 2);
const [SERVER, CLIENT] = [0, 1];
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

const ours = (alg, { rules = 1, ...more } = {}) => wasm(args.filter, {
  issuers: { issuer, audience, jwks: jwksOf(alg) },
  policy: { version: 1, rules: rulesOf(rules) },
  ...more,
});
const theirs = (alg, cached) => jwtAuthn({ issuer, audience, jwks: jwksOf(alg), cached });

/** What is measured: a filter, the tokens of its requests, and the path. */
const cases = [
  { name: "no filter", alg: "RS256", tokens: 1 },
  { name: "reads one header", filter: () => wasm(args.floor), alg: "RS256", tokens: 1 },
  { name: "reads token, method and path", filter: () => wasm(args.least), alg: "RS256", tokens: 1 },
];
for (const alg of Object.keys(KEYS)) {
  for (const [set, tokens] of [["one token", 1], ["1,000 tokens", MANY], ["new tokens", NEW]]) {
    // For 1,000 in turn, each keeps as many as it may be told to.
    const room = tokens === MANY;
    cases.push(
      { name: `${alg}, ${set}: jwt_authn`, filter: () => theirs(alg), alg, tokens },
      { name: `${alg}, ${set}: jwt_authn with cache`, filter: () => theirs(alg, room ? 2 * MANY : 100), alg, tokens },
      { name: `${alg}, ${set}: ours`, filter: () => ours(alg, room ? { cache: { max_bytes: 8 * 1024 * 1024 } } : {}), alg, tokens },
    );
  }
}
for (const rules of [100, 10_000]) {
  cases.push({ name: `RS256, one token, ${rules} rules: ours`, filter: () => ours("RS256", { rules }), alg: "RS256", tokens: 1, rule: rules / 2 });
}

cases.push(
  { name: "RS256, one token, access_log: ours", filter: () => ours("RS256", { access_log: true }), alg: "RS256", tokens: 1 },
  { name: "12 headers more: reads one header", filter: () => wasm(args.floor), alg: "RS256", tokens: 1, more: MORE },
  { name: "RS256, one token, 12 headers more: ours", filter: () => ours("RS256"), alg: "RS256", tokens: 1, more: MORE },
);

const chosen = cases.filter(({ name }) => !args.only || args.only.split("|").some((text) => name.includes(text)));
const made = {};
for (const { alg, tokens } of chosen) made[alg] = Math.max(made[alg] ?? 0, tokens);
for (const alg of Object.keys(made)) made[alg] = Array.from({ length: made[alg] }, () => tokenOf(alg));

for (let round = 0; round < ROUNDS; round++) {
  for (const each of chosen) {
    const envoy = await start({ program: args.envoy, core: SERVER, folder: args.folder, filter: each.filter?.() });
    try {
      const requests = made[each.alg].slice(0, each.tokens).map((token) => ({
        method: "GET", path: `/service-${each.rule ?? 0}/orders/7`, headers: { authorization: `Bearer ${token}`, ...each.more },
      }));
      const idle = envoy.memory();
      const stretch = (seconds) => load({
        wrk: args.wrk, core: CLIENT, folder: args.folder, url: envoy.url, list: { requests }, seconds, meters: [envoy.cpu],
      });
      await stretch(1);
      const { rate, cpu, p50, p99 } = await stretch(SECONDS);
      (each.rounds ??= []).push({ rate, micros: cpu[0] * 1000, p50, p99, idle, loaded: envoy.memory() });
    } finally {
      await envoy.stop();
    }
  }
}

const figures = chosen.map(({ name, rounds }) => {
  const middle = (field) => median(rounds.map((round) => round[field]));
  return { name, ...Object.fromEntries(Object.keys(rounds[0]).map((field) => [field, middle(field)])) };
});
const of = (name) => figures.find((figure) => figure.name === name);
const floor = of("reads one header");
console.log(`${cpus()[0].model}, ${cpus().length} cores; one worker on one core, the load on another; medians of ${ROUNDS} rounds of ${SECONDS} s`);
console.log(`${"".padEnd(44)} requests/s  CPU us/request  x floor   p50 ms   p99 ms    MiB`);
for (const { name, rate, micros, p50, p99, loaded } of figures) {
  const times = floor ? (micros / floor.micros).toFixed(2) : "-";
  console.log([
    name.padEnd(44), rate.toFixed(0).padStart(10), micros.toFixed(1).padStart(15), times.padStart(8),
    p50.toFixed(2).padStart(8), p99.toFixed(2).padStart(8), (loaded / 1024).toFixed(1).padStart(6),
  ].join(" "));
}
if (args.json) {
  const file = { cpu: cpus()[0].model, cores: cpus().length, rounds: ROUNDS, seconds: SECONDS, figures };
  writeFileSync(args.json, `${JSON.stringify(file, null, 2)}\n`);
}
