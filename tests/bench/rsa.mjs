// RSA's public operation (2048 bits, exponent 65537) in WebAssembly beside `crypto.verify`, which
// is OpenSSL and hashes a short message too. In turns, so that a slow moment of the machine hits
// both alike; the lowest times are those that nothing else has disturbed.

import { generateKeyPairSync, sign, verify } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { WASI } from "node:wasi";

const ROUNDS = 200;
const WARM_UP_ROUNDS = 20;
const REPEATS = 10;

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const message = Buffer.from("a message");
const signature = sign("sha256", message, privateKey);
// Node 20 crashes when the memory of a program that has ended is collected.
const programs = [];
const folder = mkdtempSync(join(tmpdir(), "laika-bench-"));
const times = { "ours, in WebAssembly": [], "crypto.verify": [] };
try {
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const pair = [ours(), theirs()];
    if (round >= 0) Object.values(times).forEach((list, i) => list.push(pair[i]));
  }
} finally {
  rmSync(folder, { recursive: true });
}

console.log(`RSA-2048 public operation, ${ROUNDS} rounds of ${REPEATS}, Node ${process.versions.node}`);
for (const [name, list] of Object.entries(times)) {
  console.log(`  ${name.padEnd(21)} ${at(list, 0.5).toFixed(1)} µs (lowest ${at(list, 0).toFixed(1)})`);
}
const [mine, native] = Object.values(times);
const ratios = mine.map((time, round) => time / native[round]);
console.log(`  ratio: ${at(ratios, 0.5).toFixed(2)} in the median, ${(at(mine, 0) / at(native, 0)).toFixed(2)} of the lowest`);

// The program measures itself: what it takes to start one is not in it.
function ours() {
  const file = join(folder, "time");
  const stdout = openSync(file, "w");
  const wasi = new WASI({ version: "preview1", args: ["kernels", "time", `${REPEATS}`], stdout });
  const program = new WebAssembly.Instance(module, wasi.getImportObject());
  programs.push({ wasi, program });
  wasi.start(program);
  closeSync(stdout);
  return Number(readFileSync(file, "utf8"));
}

function theirs() {
  const start = performance.now();
  for (let i = 0; i < REPEATS; i++) {
    if (!verify("sha256", message, publicKey, signature)) throw new Error("a good signature does not hold");
  }
  return ((performance.now() - start) / REPEATS) * 1000;
}

function at(list, quantile) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length * quantile)];
}
