// What a request with a known token takes Envoy, counted and not timed: instructions, misses of the
// first caches of code and data, and wrongly foretold branches, by callgrind, in all threads outside
// the kernel. What machines do besides changes times by half; it changes no count.
// Arguments: those of `main.mjs` but --wrk, and --valgrind.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { casesOf, requestsOf } from "./cases.mjs";
import { start } from "./envoy.mjs";

const text = { type: "string" };
const { values: args } = parseArgs({
  options: { envoy: text, filter: text, floor: text, least: text, valgrind: text, folder: text, json: text, only: text },
});
/** Requests until V8 has made its code, and those that are counted. */
const [BEFORE, COUNTED] = [3000, 1000];
/** Events of callgrind and how they are called here; of data and of branches there are two kinds each. */
const COUNTS = { instructions: ["Ir"], code: ["I1mr"], data: ["D1mr", "D1mw"], branches: ["Bcm", "Bim"] };

const chosen = casesOf(args).filter(({ alg, tokens }) => alg === "RS256" && tokens === 1);
const requestsFor = requestsOf(chosen);
const figures = [];
for (const each of chosen) figures.push({ name: each.name, ...(await count(each)) });

const floor = figures.find(({ name }) => name === "reads one header");
console.log(`counted by callgrind, for one of ${COUNTED} requests`);
console.log(`${"".padEnd(44)} instructions  x floor     code     data  branches`);
for (const { name, instructions, code, data, branches } of figures) {
  const times = floor ? (instructions / floor.instructions).toFixed(3) : "-";
  const [counted, ...missed] = [instructions, code, data, branches].map((number) => number.toFixed(0));
  console.log([name.padEnd(44), counted.padStart(12), times.padStart(8), ...missed.map((number) => number.padStart(8))].join(" "));
}
if (args.json) writeFileSync(args.json, `${JSON.stringify({ requests: COUNTED, figures }, null, 2)}\n`);

async function count({ filter, ...each }) {
  const file = join(args.folder, "callgrind");
  const options = ["--tool=callgrind", "--smc-check=all-non-file", "--instr-atstart=no", "--cache-sim=yes", "--branch-sim=yes"];
  const envoy = await start({
    program: args.envoy, core: 0, folder: args.folder, filter: filter?.(),
    under: [args.valgrind, "-q", ...options, `--callgrind-out-file=${file}`],
  });
  const control = (...words) => execFileSync(join(dirname(args.valgrind), "callgrind_control"), [...words, String(envoy.pid)], { stdio: "ignore" });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const [{ path, headers }] = requestsFor(each);
  const send = async (times) => {
    for (let sent = 0; sent < times; sent++) await ask(`${envoy.url}${path}`, { agent, headers });
  };
  try {
    await send(BEFORE);
    control("-i", "on");
    await send(BEFORE / 10);
    control("-z");
    await send(COUNTED);
    control("-d");
    return await read(file);
  } finally {
    agent.destroy();
    await envoy.stop();
  }
}

function ask(url, options) {
  return new Promise((done, failed) => {
    get(url, options, (answer) => {
      answer.resume();
      answer.once("end", () => (answer.statusCode === 200 ? done() : failed(new Error(`Envoy answered ${answer.statusCode}`))));
    }).once("error", failed);
  });
}

/** The counts of the one dump, for each request. */
async function read(file) {
  const [dump] = readdirSync(args.folder).map((name) => join(args.folder, name)).filter((name) => name.startsWith(`${file}.`));
  if (!dump) throw new Error("callgrind has written nothing");
  const lines = readFileSync(dump, "utf8");
  const numbers = (name) => new RegExp(`^${name}: (.*)$`, "m").exec(lines)[1].split(" ");
  const [events, totals] = [numbers("events"), numbers("(?:summary|totals)").map(Number)];
  const each = ([name, kinds]) => [name, kinds.reduce((sum, kind) => sum + totals[events.indexOf(kind)], 0) / COUNTED];
  return Object.fromEntries(Object.entries(COUNTS).map(each));
}
