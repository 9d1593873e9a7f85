// What was measured, for people, and with `--json FILE` all of it: `node report.mjs FOLDER --commit
// NAME` reads what every runtime has left in the folder.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROUNDS } from "./cases.mjs";

const text = { type: "string" };
const { values: { commit, json }, positionals: [folder] } = parseArgs({ options: { commit: text, json: text }, allowPositionals: true });
const ORDER = ["Node", "Deno", "Bun", "workerd", "Chromium", "native"];
const rank = ({ runtime }) => ORDER.indexOf(/^\w+/.exec(runtime)[0]);
const version = ({ runtime }) => Number.parseInt(runtime.replace(/^\D+/, ""), 10) || 0;

const runtimes = readdirSync(folder)
  .filter((name) => name.endsWith(".json") && name !== "scene.json")
  .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")))
  .sort((a, b) => rank(a) - rank(b) || version(a) - version(b));
const machine = { processor: cpus()[0].model, cores: cpus().length };
const report = { date: new Date().toISOString().slice(0, 10), commit, machine, rounds: ROUNDS, runtimes };

console.log(`${commit} on ${machine.processor}, ${machine.cores} cores; median (and fastest to slowest) of ${ROUNDS} rounds; the ratio is ours to theirs`);
for (const { runtime, rows } of runtimes) {
  console.log(`\n${runtime}`);
  for (const { name, figures, unit, failed } of rows) {
    console.log(`  ${name}`);
    for (const [who, { median, least, most, ratio }] of Object.entries(figures)) {
      const range = `(${least.toFixed(2)} to ${most.toFixed(2)})`;
      console.log(`    ${who.padEnd(34)} ${median.toFixed(2).padStart(9)} ${unit}   ${range.padEnd(24)} ${ratio?.toFixed(3) ?? ""}`.trimEnd());
    }
    for (const [who, error] of Object.entries(failed)) console.log(`    ${who.padEnd(34)}         - ${error}`);
  }
}
if (json) writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
