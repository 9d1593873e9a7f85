// Starts in processes of their own, by the runtime that runs this.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { argv, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { first, startRows } from "./first.mjs";

const PROCESSES = 9;

/** What the processes say, as rows of the report. */
export function starts(folder) {
  const flags = globalThis.Deno ? ["run", "--no-remote", "--node-modules-dir=manual", "--no-lock", "--allow-all"] : [];
  const args = [...flags, fileURLToPath(import.meta.url), folder];
  const answers = Array.from({ length: PROCESSES }, () => JSON.parse(execFileSync(execPath, args, { encoding: "utf8" })));
  const [{ keys, tokens }] = answers;
  return startRows(answers, keys, tokens);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const laika = await import("laika-verifier/slim");
  const scene = JSON.parse(readFileSync(join(argv[2], "scene.json"), "utf8"));
  const bytes = readFileSync(createRequire(import.meta.url).resolve("laika-verifier/laika-verifier.wasm"));
  const answer = await first(laika, bytes, scene, () => performance.now());
  console.log(JSON.stringify({ ...answer, keys: 1 + scene.others.length, tokens: scene.algorithms.RS256.fresh.flat().length }));
}
