// The long runs of `cargo xtask soak` in short: what leaks shows here as well.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { freshProject } from "./project.mjs";

const SOAK = new URL("../soak/", import.meta.url);

let project;

before(async () => {
  const names = ["token.mjs", "verify.mjs", "leak.mjs"];
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, SOAK), "utf8")));
  project = await freshProject({}, Object.fromEntries(names.map((name, i) => [name, texts[i]])));
});
after(() => project?.remove());

for (const [script, amount] of [["verify.mjs", 100_000], ["leak.mjs", 6_000]]) {
  test(`memory stays flat: ${script}, ${amount}`, async () => {
    const output = await project.run(process.execPath, ["--expose-gc", script, String(amount)]);
    const { ok, result } = JSON.parse(output.trimEnd().split("\n").at(-1));
    assert.ok(ok, result);
  });
}
