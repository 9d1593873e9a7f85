// The filter in Envoy beside no filter, the least that a filter can do, and Envoy's own `jwt_authn`.
// Arguments: --envoy, --filter (our module), --floor (the least one), --least (the least one that
// decides), --wrk, --folder, and perhaps --json FILE, --only TEXT (or several, with `|` between),
// --rounds N, --seconds N.
//
// Every contender gets the same requests. Rounds go through all of them in turn, so that what else
// the machine does meets each alike; what counts are the medians, and their ratios.

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { load } from "../issuer/load.mjs";
import { median } from "../issuer/report.mjs";
import { casesOf, requestsOf } from "./cases.mjs";
import { start } from "./envoy.mjs";

const text = { type: "string" };
const { values: args } = parseArgs({
  options: { envoy: text, filter: text, floor: text, least: text, wrk: text, folder: text, json: text, only: text, rounds: text, seconds: text },
});
const ROUNDS = Number(args.rounds ?? 3);
const SECONDS = Number(args.seconds ?? 2);
const [SERVER, CLIENT] = [0, 1];
const chosen = casesOf(args);
const requestsFor = requestsOf(chosen);

for (let round = 0; round < ROUNDS; round++) {
  for (const each of chosen) {
    const envoy = await start({ program: args.envoy, core: SERVER, folder: args.folder, filter: each.filter?.() });
    try {
      const requests = requestsFor(each);
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
