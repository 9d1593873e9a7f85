// The measurement in `workerd`, by way of Miniflare: `node workerd.mjs FOLDER --tools PROJECT`, a
// project that has `miniflare` and `esbuild`.
//
// A request is one round of one contender, timed from outside; what a request takes that asks for
// nothing, measured before each, is subtracted.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle, modules, packages } from "./bundle.mjs";
import { turns } from "./cases.mjs";
import { startRow } from "./first.mjs";

const STARTS = 9;
const EMPTY = 5;

const { values: { tools }, positionals: [folder] } = parseArgs({ options: { tools: { type: "string" } }, allowPositionals: true });
const { Miniflare } = packages(tools)("miniflare");
const { version } = packages(tools)("workerd/package.json");
const say = (text) => console.error(`workerd ${version}: ${text}`);
const scene = readFileSync(join(folder, "scene.json"), "utf8");
const scripts = await bundle(tools, "worker.mjs", ["workerd", "worker", "browser"]);
const deployed = [
  ...Object.entries(scripts).map(([path, contents]) => ({ type: "ESModule", path, contents })),
  ...Object.entries(modules()).map(([path, contents]) => ({ type: "CompiledWasm", path, contents })),
].sort((a, b) => (b.path === "worker.js") - (a.path === "worker.js"));

const rows = [];
await working(async (ask) => {
  say("make everybody ready");
  const cases = await ask("cases");
  for (const [at, { name, contenders, failed }] of cases.entries()) {
    say(name);
    const figures = await turns(contenders, async (who, round) => {
      const count = await ask("items", { at, round, who });
      const empty = await emptyRequest(ask);
      const spent = await timed(() => ask("pass", { at, who }));
      return (Math.max(spent - empty, 0) / count) * 1000;
    });
    rows.push({ name, unit: "µs", figures, failed });
  }
});
say("start");
const starts = [];
for (let n = 0; n < STARTS; n++) {
  await working(async (ask) => {
    const empty = await emptyRequest(ask);
    starts.push((await timed(() => ask("first"))) - empty);
  });
}
rows.push(startRow("start: compiled module to the first verified token", "ms", starts));
writeFileSync(join(folder, "workerd.json"), JSON.stringify({ runtime: `workerd ${version}`, rows }));

/** Has a worker of its own, which knows the scene, for the time of `work`. */
async function working(work) {
  const worker = new Miniflare({ modules: deployed, compatibilityDate: "2026-04-01", compatibilityFlags: ["nodejs_compat"] });
  const ask = async (task, args = {}, body = undefined) => {
    const url = `http://worker.example/${task}?${new URLSearchParams(args)}`;
    const response = await worker.dispatchFetch(url, { method: body ? "POST" : "GET", body });
    if (!response.ok) throw new Error(`workerd failed at \`${task}\`: ${(await response.text()).slice(0, 2000)}`);
    return response.json();
  };
  try {
    await ask("scene", {}, scene);
    await work(ask);
  } finally {
    await worker.dispose();
  }
}

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Milliseconds that a request takes in which nothing is done: the least of a few. */
async function emptyRequest(ask) {
  const times = [];
  for (let n = 0; n < EMPTY; n++) times.push(await timed(() => ask("nothing")));
  return Math.min(...times);
}
