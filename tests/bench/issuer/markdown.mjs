// The tables of `docs/performance-issuer.md`, from what `--json` wrote. Argument: that file.

import { readFileSync } from "node:fs";
import { besideSignature, median, row } from "./report.mjs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { machine, rounds, seconds, operations, openssl, contenders } = report;
const OURS = contenders.find(({ name }) => name === "Laika, SQLite");
const times = (value, of) => (of === undefined ? "-" : (value / of).toPrecision(2));

console.log(`On ${machine.date}, at commit ${machine.commit}: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; medians of ${rounds} rounds of ${seconds} s.`);
const signature = besideSignature(openssl, contenders, "micro RS256");
if (signature) {
  const version = openssl.version.replace(/ \(.*/, "");
  console.log(`One RSA 2048 signature by ${version} took ${signature.sign.toFixed(3)} ms; one token of ours with RS256 ${signature.ratio.toFixed(2)} times as long (median of the rounds, in each of which both had a turn).`);
}
console.log("\n| operation | contender | requests/s | × ours | CPU ms/op | × ours | p50 ms | p99 ms |\n|---|---|--:|--:|--:|--:|--:|--:|");
for (const [operation, title] of Object.entries(operations)) {
  const ours = row(OURS, operation);
  for (const contender of contenders.filter(({ offers }) => offers[operation])) {
    const { name, rate, cpu, p50, p99 } = row(contender, operation);
    const cells = rate === undefined ? ["failed", "", "", "", "", ""] : [
      rate.toFixed(0), times(rate, ours.rate), cpu.toFixed(3), times(cpu, ours.cpu), p50.toFixed(2), p99.toFixed(2),
    ];
    console.log(`| ${[title, name, ...cells].join(" | ")} |`);
  }
}
console.log("\n| contender | idle MiB | after the load MiB | cold start ms |\n|---|--:|--:|--:|");
for (const { name, memory, coldStart } of contenders) {
  console.log(`| ${name} | ${(memory.idle / 1024).toFixed(1)} | ${(memory.loaded / 1024).toFixed(1)} | ${median(coldStart).toFixed(0)} |`);
}
