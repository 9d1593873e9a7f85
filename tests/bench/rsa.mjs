// RSA's public operation (2048 bits, exponent 65537) in WebAssembly beside `crypto.verify`, which
// is OpenSSL and hashes a short message too. In turns, so that a slow moment of the machine hits
// both alike; the lowest times are those that nothing else has disturbed.

import { generateKeyPairSync, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

const ROUNDS = 200;
const WARM_UP_ROUNDS = 20;
const REPEATS = 10;
/** What the program is asked, as WASI has it. */
const ARGS = ["kernels", "time", `${REPEATS}`].map((word) => Buffer.from(`${word}\0`));

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const message = Buffer.from("a message");
const signature = sign("sha256", message, privateKey);
const times = { "ours, in WebAssembly": [], "crypto.verify": [] };
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  const pair = [ours(), theirs()];
  if (round >= 0) Object.values(times).forEach((list, i) => list.push(pair[i]));
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
  let output = "";
  let program;
  const memory = () => new DataView(program.exports.memory.buffer);
  // What the program asks of WASI. Node's own would do, but Node 20 crashes after some hundred of them.
  const wasi = {
    args_sizes_get(count, size) {
      memory().setUint32(count, ARGS.length, true);
      memory().setUint32(size, Buffer.concat(ARGS).length, true);
      return 0;
    },
    args_get(pointers, at) {
      for (const word of ARGS) {
        memory().setUint32(pointers, at, true);
        new Uint8Array(memory().buffer).set(word, at);
        pointers += 4;
        at += word.length;
      }
      return 0;
    },
    environ_sizes_get(count, size) {
      memory().setUint32(count, 0, true);
      memory().setUint32(size, 0, true);
      return 0;
    },
    environ_get: () => 0,
    clock_time_get(_clock, _precision, at) {
      memory().setBigUint64(at, process.hrtime.bigint(), true);
      return 0;
    },
    fd_write(_file, parts, count, written) {
      let total = 0;
      for (let at = parts; at < parts + 8 * count; at += 8) {
        const length = memory().getUint32(at + 4, true);
        output += Buffer.from(memory().buffer, memory().getUint32(at, true), length).toString();
        total += length;
      }
      memory().setUint32(written, total, true);
      return 0;
    },
    proc_exit(code) {
      throw new Error(`the program ended with ${code}: ${output}`);
    },
  };
  program = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi });
  program.exports._start();
  return Number(output);
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
