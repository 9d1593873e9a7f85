// What laika-verifier costs beside what else a JavaScript user can pick.
//
// Every contender checks the same things (signature, iss, aud, exp, typ) on the same tokens, in
// turns, so that a slow moment of the machine hits all alike, and every ratio is the median of the
// ratios of single rounds. `node verify.mjs [--json FILE]`.

import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { policies } from "./verify/policy.mjs";
import { starts } from "./verify/start.mjs";
import { ALGORITHMS, firstSight, mint, repeated } from "./verify/tokens.mjs";

const ROUNDS = 15;
const WARM_UP_ROUNDS = 3;
const NEW_TOKENS = 300;
const REPEATED_TOKENS = 50;
const REPEATS = 100;

const rows = [];
for (const alg of Object.keys(ALGORITHMS)) {
  const make = () => Array.from({ length: NEW_TOKENS }, () => mint(alg));
  rows.push(await measure(`${alg}, new tokens`, await firstSight(alg), make));
}
for (const alg of Object.keys(ALGORITHMS)) {
  const known = Array.from({ length: REPEATED_TOKENS }, () => mint(alg));
  // Other strings of the same text, as requests bring them: what a runtime keeps for a string that it
  // has seen does not help.
  const copy = (text) => Buffer.from(text).toString("latin1");
  const make = () => Array.from({ length: REPEATS }, () => known.map(copy)).flat();
  rows.push(await measure(`${alg}, the same ${REPEATED_TOKENS} tokens again`, await repeated(alg), make));
}
for (const { name, contenders, make } of await policies()) rows.push(await measure(name, contenders, make));
rows.push(...(await starts()));

const node = `Node ${process.versions.node}`;
console.log(`${node}: microseconds, median (and fastest to slowest) of ${ROUNDS} rounds; laika-verifier is 1`);
for (const { name, figures, unit } of rows) {
  console.log(name);
  for (const [who, { median, least, most, ratio }] of Object.entries(figures)) {
    const range = `(${least.toFixed(2)} to ${most.toFixed(2)})`;
    const beside = ratio === undefined ? "" : `   laika-verifier takes ${ratio.toFixed(2)} of that`;
    console.log(`  ${who.padEnd(24)} ${median.toFixed(2).padStart(9)} ${unit ?? "µs"}   ${range.padEnd(22)}${beside}`);
  }
}
const at = process.argv.indexOf("--json");
if (at > 0) writeFileSync(process.argv[at + 1], JSON.stringify({ node: process.versions.node, rounds: ROUNDS, rows }, null, 2));

/** Times of each of `contenders`, functions of one item that answer "someone", for each of `make()`. */
async function measure(name, contenders, make) {
  const names = Object.keys(contenders);
  const times = Object.fromEntries(names.map((who) => [who, []]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const items = make();
    // Another one begins each time: whoever comes first warms the caches for the rest.
    for (let turn = 0; turn < names.length; turn++) {
      const who = names[(turn + round + WARM_UP_ROUNDS) % names.length];
      const spent = await time(contenders[who], items, who);
      if (round >= 0) times[who].push(spent);
    }
  }
  const [ours, ...others] = names;
  const figures = { [ours]: summary(times[ours]) };
  for (const who of others) {
    const ratios = times[who].map((theirs, round) => times[ours][round] / theirs);
    figures[who] = { ...summary(times[who]), ratio: summary(ratios).median };
  }
  return { name, figures };
}

async function time(call, items, who) {
  const start = performance.now();
  for (const item of items) {
    const answer = call(item);
    // A promise is waited for; an answer that is there already costs no turn of the loop.
    if ((typeof answer === "object" ? await answer : answer) !== "someone") throw new Error(`${who} is wrong`);
  }
  return ((performance.now() - start) / items.length) * 1000;
}

function summary(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1) };
}
