// Our issuer beside others, on this machine, over loopback.
//
// All servers run at the same time; one of them is under load at any moment, on a core that the
// load generator does not use. Rounds of all contenders alternate, so that a slow moment of the
// machine hits all alike; figures are medians over rounds.
//
// Arguments: `--laika`, `--python`, `--wrk` name programs, `--beside` another build of `laika` that
// takes turns with it, `--postgres-url` and `--postgres-pid` a server of our own, `--folder` is
// scratch; `--json FILE` also writes every round, `--only TEXT` keeps the pairs of contender and
// operation that contain it, `--rounds` and `--seconds` shorten.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { OPERATIONS, beside, contenders as all } from "./contenders/index.mjs";
import { ARGON2, send } from "./contenders/shared.mjs";
import { CONNECTIONS, load } from "./load.mjs";
import { print } from "./report.mjs";
import { Server, cpuOf, freePort } from "./server.mjs";

const COLD_STARTS = 3;
/** Seconds of load on each case before anything counts. */
const WARM_UP = 1;
/** Milliseconds of rest before idle memory is read. */
const SETTLE = 1000;

const { values: options } = parseArgs({
  options: {
    laika: { type: "string" },
    beside: { type: "string" },
    python: { type: "string" },
    wrk: { type: "string", default: "wrk" },
    "postgres-url": { type: "string" },
    "postgres-pid": { type: "string" },
    folder: { type: "string" },
    json: { type: "string" },
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
  },
});
const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)];
const cores = allowedCores();
if (cores.length < 2) throw new Error("two cores are needed: one for the server, one for the load generator");
const [serverCore, loadCore] = cores;
execFileSync("taskset", ["-a", "-p", "-c", String(loadCore), String(process.pid)]);

const context = {
  laika: options.laika,
  python: options.python,
  peers: fileURLToPath(new URL("peers", import.meta.url)),
  postgres: { url: options["postgres-url"], cpu: () => cpuOf(Number(options["postgres-pid"])) },
};
const contenders = options.beside ? [...all, beside(options.beside)] : all;
const failures = [];
const running = [];
/** What `openssl speed` says of signing with RSA 2048: ms each, in each round of tokens with RS256. */
const openssl = { version: execFileSync("openssl", ["version"], { encoding: "utf8" }).trim(), sign: [] };
try {
  const results = await measure();
  const report = {
    machine: machine(), argon2: ARGON2, connections: CONNECTIONS, rounds, seconds, operations: OPERATIONS,
    openssl, contenders: results, failures,
  };
  print(report);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
} finally {
  for (const { server } of running) await server?.stop();
}
if (failures.length > 0) process.exitCode = 1;

async function measure() {
  for (const contender of contenders) {
    if (Object.keys(OPERATIONS).some((operation) => wanted(contender, operation))) running.push(await start(contender));
  }
  const playing = Object.fromEntries(Object.keys(OPERATIONS).map((operation) => [
    operation,
    running.filter((one) => one.cases[operation] && wanted(one.contender, operation)),
  ]));
  // First a look at each answer, and everything once over: whoever compiles while running has done
  // most of it then.
  for (const operation of Object.keys(OPERATIONS)) {
    for (const one of playing[operation]) {
      await attempt(one, operation, async () => {
        await probe(one, operation);
        await play(one, operation, WARM_UP);
      });
    }
  }
  for (const operation of Object.keys(OPERATIONS)) {
    const everybody = playing[operation];
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < everybody.length; turn++) {
        // Another one begins each time.
        const one = everybody[(turn + round) % everybody.length];
        await attempt(one, operation, async () => {
          (one.rounds[operation] ??= []).push(await play(one, operation, seconds));
        });
      }
      if (operation === "micro RS256" && everybody.length > 0) openssl.sign.push(signature());
    }
  }
  return running.map((one) => ({
    name: one.contender.name,
    coldStart: one.coldStarts,
    memory: { idle: one.idle, loaded: one.server.memory() },
    meters: ["itself", ...Object.keys(one.meters)],
    // Of those that were asked for.
    offers: Object.fromEntries(Object.keys(OPERATIONS).map((operation) => [operation, Boolean(one.cases[operation]) && wanted(one.contender, operation)])),
    rounds: one.rounds,
  }));
}

/** Starts a contender several times: the last start stays. */
async function start(contender) {
  const [port, folder] = [await freePort(), join(options.folder, contender.name.replaceAll(/\W+/g, "-"))];
  const begin = await contender.start({ ...context, folder, port });
  begin.name = contender.name;
  begin.log = `${folder}.log`;
  const coldStarts = [];
  let server;
  for (let time = 0; time < COLD_STARTS; time++) {
    await server?.stop();
    server = await Server.start(begin, serverCore);
    coldStarts.push(server.coldStart);
  }
  await sleep(SETTLE);
  const meters = begin.meters ?? {};
  return { contender, server, coldStarts, meters, idle: server.memory(), url: begin.url, cases: contender.cases(server, begin), rounds: {} };
}

/** One request, looked at: who answers fast and wrong has done nothing. */
async function probe(one, operation) {
  const { make, check } = one.cases[operation];
  const { requests: [{ token, ...request }] } = await make();
  const text = JSON.stringify(request);
  check(await send(one.url, JSON.parse(token ? text.replaceAll("TOKEN", token) : text)));
}

async function play(one, operation, length) {
  return load({
    wrk: options.wrk, core: loadCore, folder: options.folder, url: one.url, seconds: length,
    list: await one.cases[operation].make(),
    meters: [() => one.server.cpu(), ...Object.values(one.meters)],
  });
}

/** What fails is said, and not tried again. */
async function attempt(one, operation, work) {
  if (one.failed?.has(operation)) return;
  try {
    await work();
  } catch (error) {
    (one.failed ??= new Set()).add(operation);
    delete one.rounds[operation];
    failures.push({ contender: one.contender.name, operation, message: error.message });
  }
}

function wanted({ name }, operation) {
  return `${name} ${operation}`.includes(options.only);
}

/** Cores that this process may use. */
function allowedCores() {
  const list = execFileSync("taskset", ["-c", "-p", String(process.pid)], { encoding: "utf8" }).split(": ").at(-1);
  return list.trim().split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** CPU time of one signature with RSA 2048 by OpenSSL on the servers' core, in ms. */
function signature() {
  const said = execFileSync("taskset", ["-c", String(serverCore), "openssl", "speed", "-seconds", String(seconds), "rsa2048"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [, perSecond] = /^rsa 2048 bits.*?\s([\d.]+)\s+[\d.]+$/m.exec(said) ?? [];
  if (!perSecond) throw new Error(`\`openssl speed\` says something else than expected: ${said}`);
  return 1000 / Number(perSecond);
}

function machine() {
  const git = (...args) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const changes = git("status", "--porcelain", "--untracked-files=no") ? " with uncommitted changes" : "";
  return {
    cpu: cpus()[0].model, cores: cpus().length, node: process.version,
    date: new Date().toISOString().slice(0, 10), commit: git("rev-parse", "--short=12", "HEAD") + changes,
  };
}
