// From nothing to the first verified token, and the memory that a verifier takes, each in a process
// of its own: `node start.mjs` prints both as JSON.

import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const PROCESSES = 9;
const KEYS = 10;
const TOKENS = 3000;
const KIB = 1024;

/** What the processes say, as rows of the report. */
export async function starts() {
  const answers = Array.from({ length: PROCESSES }, () => JSON.parse(execFileSync(process.execPath, [fileURLToPath(import.meta.url)])));
  const row = (name, unit, list) => {
    const sorted = list.sort((a, b) => a - b);
    return { name, unit, figures: { "laika-verifier": { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1) } } };
  };
  return [
    row("createVerifier to the first verified token, module and all", "ms", answers.map(({ ms }) => ms)),
    row(`wasm memory with ${KEYS} keys and ${TOKENS} tokens through the default cache`, "KiB", answers.map(({ bytes }) => bytes / KIB)),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { createVerifier } = await import("laika-verifier");
  const { ALGORITHMS, AUDIENCE, ISSUER, mint } = await import("./tokens.mjs");
  const memories = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...all) {
      super(...all);
      memories.push(this.exports.memory);
    }
  };
  const others = Array.from({ length: KEYS - 1 }, (_, n) => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    return { ...publicKey.export({ format: "jwk" }), kid: `other${n}`, alg: "RS256" };
  });
  const jwks = { keys: [...ALGORITHMS.RS256.ours("RS256").jwks.keys, ...others] };
  const first = mint("RS256");
  const start = performance.now();
  const verifier = await createVerifier({ issuers: { issuer: ISSUER, audience: AUDIENCE, jwks } });
  verifier.verifySync(first);
  const ms = performance.now() - start;
  for (let n = 0; n < TOKENS; n++) verifier.verifySync(mint("RS256"));
  console.log(JSON.stringify({ ms, bytes: memories[0].buffer.byteLength }));
}
