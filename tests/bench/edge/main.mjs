// The filter in Envoy beside no filter, the least that a filter can do, and Envoy's own `jwt_authn`.
// Arguments: --envoy, --filter (our module), --floor (the least one), --least (the least one that
// decides), --wrk, --folder, and perhaps --json FILE, --only TEXT (or several, with `|` between),
// --rounds N, --turns N.
//
// Every contender gets the same requests. Rounds go through all of them, so that what else the
// machine does meets each alike. It changes its speed within seconds, so each contender is measured
// in turns with the least filter in another Envoy, which is as old (an older one takes some percent
// less): a second of one, a second of the other, first the one and then the other first. What counts
// are the medians of all turns, and of the ratios of the two in one turn.

import { mkdtempSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "../issuer/load.mjs";
import { median } from "../issuer/report.mjs";
import { casesOf, requestsOf } from "./cases.mjs";
import { start, wasm } from "./envoy.mjs";

const text = { type: "string" };
const { values: args } = parseArgs({
  options: { envoy: text, filter: text, floor: text, least: text, wrk: text, folder: text, json: text, only: text, rounds: text, turns: text },
});
const ROUNDS = Number(args.rounds ?? 3);
const TURNS = Number(args.turns ?? 2);
/** Seconds of load on each before they are measured. */
const WARM_UP = 2;
const [SERVER, CLIENT] = [0, 1];
const chosen = casesOf(args);
const requestsFor = requestsOf(chosen);

for (let round = 0; round < ROUNDS; round++) {
  for (const each of chosen) {
    await within(await begin(wasm(args.floor)), async (floor) => {
      await within(await begin(each.filter?.()), (contender) => measure(each, contender, floor));
    });
  }
}

const figures = chosen.map(({ name, known = false, turns }) => {
  const middle = (field) => median(turns.map((turn) => turn[field]));
  return { name, known, ...Object.fromEntries(Object.keys(turns[0]).map((field) => [field, middle(field)])) };
});
const known = figures.filter((figure) => figure.known).map(({ times }) => times);
console.log(`${cpus()[0].model}, ${cpus().length} cores; one worker on one core, the load on another; medians of ${ROUNDS} x ${TURNS} seconds`);
console.log(`${"".padEnd(44)} requests/s  CPU us/request  x least   p50 ms   p99 ms    MiB`);
for (const { name, rate, micros, times, p50, p99, loaded } of figures) {
  console.log([
    name.padEnd(44), rate.toFixed(0).padStart(10), micros.toFixed(1).padStart(15), times.toFixed(2).padStart(8),
    p50.toFixed(2).padStart(8), p99.toFixed(2).padStart(8), (loaded / 1024).toFixed(1).padStart(6),
  ].join(" "));
}
if (known.length > 0) console.log(`known tokens, the middle of ${known.length} rows: ${median(known).toFixed(2)} x the least filter`);
if (args.json) {
  const file = { cpu: cpus()[0].model, cores: cpus().length, rounds: ROUNDS, turns: TURNS, figures };
  writeFileSync(args.json, `${JSON.stringify(file, null, 2)}\n`);
}

function begin(filter) {
  return start({ program: args.envoy, core: SERVER, folder: mkdtempSync(join(args.folder, "envoy-")), filter });
}

/** Does something while an Envoy runs, and stops it. */
async function within(envoy, work) {
  try {
    await work(envoy);
  } finally {
    await envoy.stop();
  }
}

async function measure(each, contender, floor) {
  const requests = requestsFor(each);
  const second = async (envoy) => {
    const { cpu, ...more } = await load({
      wrk: args.wrk, core: CLIENT, folder: args.folder, url: envoy.url, list: { requests }, seconds: 1, meters: [envoy.cpu],
    });
    return { micros: cpu[0] * 1000, ...more };
  };
  const idle = contender.memory();
  // Meanwhile V8 makes better code of the module, on the time of the same process.
  for (let count = 0; count < WARM_UP; count++) {
    await second(floor);
    await second(contender);
  }
  for (let turn = 0; turn < TURNS; turn++) {
    const seconds = new Map();
    for (const envoy of turn % 2 === 0 ? [floor, contender] : [contender, floor]) seconds.set(envoy, await second(envoy));
    const { rate, micros, p50, p99 } = seconds.get(contender);
    const times = micros / seconds.get(floor).micros;
    (each.turns ??= []).push({ rate, micros, times, p50, p99, idle, loaded: contender.memory() });
  }
}
