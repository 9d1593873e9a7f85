// Node, Deno and Bun, each with a fresh project.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { EXPORTED, freshProject, importing, installed } from "./project.mjs";
import { setScene } from "./scene.mjs";

/** The same for every runtime with ES modules. */
const MAIN = `
import * as laika from "laika-verifier";
import { program } from "./program.mjs";
import scene from "./scene.mjs";
console.log(JSON.stringify(await program(laika, scene)));
`;

const COMMONJS = `
const laika = require("laika-verifier");
Promise.all([import("./program.mjs"), import("./scene.mjs")])
  .then(([{ program }, { default: scene }]) => program(laika, scene))
  .then((seen) => console.log(JSON.stringify(seen)));
`;

const SLIM = `
import { readFile } from "node:fs/promises";
import * as laika from "laika-verifier/slim";
import { program } from "./program.mjs";
import scene from "./scene.mjs";
await laika.loadModule(readFile(new URL(import.meta.resolve("laika-verifier/laika-verifier.wasm"))));
console.log(JSON.stringify(await program(laika, scene)));
`;

const SLIM_COMMONJS = `
const { readFileSync } = require("node:fs");
const laika = require("laika-verifier/slim");
laika.loadModule(readFileSync(require.resolve("laika-verifier/laika-verifier.wasm")))
  .then(() => Promise.all([import("./program.mjs"), import("./scene.mjs")]))
  .then(([{ program }, { default: scene }]) => program(laika, scene))
  .then((seen) => console.log(JSON.stringify(seen)));
`;

describe("the packed package", () => {
  let set, project;

  before(async () => {
    set = await setScene();
    const files = { "main.mjs": MAIN, "main.cjs": COMMONJS, "slim.mjs": SLIM, "slim.cjs": SLIM_COMMONJS };
    project = await freshProject(set.scene, files);
    await project.write("entries.mjs", `${importing(project.entries)}\nconsole.log(JSON.stringify(names));\n`);
    const requiring = project.entries.map((entry) => `"${entry}": Object.keys(require("${entry}")).sort()`);
    await project.write("entries.cjs", `console.log(JSON.stringify({ ${requiring.join(", ")} }));\n`);
  });
  after(async () => {
    set?.stop();
    await project?.remove();
  });

  const runs = async (command, args, env) => {
    const expected = args.at(-1).startsWith("entries") ? EXPORTED : set.expected;
    assert.deepEqual(JSON.parse(await project.run(command, args, env)), expected);
  };

  for (const file of ["main.mjs", "main.cjs", "slim.mjs", "slim.cjs", "entries.mjs", "entries.cjs"]) {
    test(`in Node, ${file}`, () => runs(process.execPath, [file]));
  }

  for (const file of ["main.mjs", "main.cjs", "slim.mjs", "entries.mjs"]) {
    test(`in Deno, ${file}`, () => {
      // It may read the project and reach loopback, nothing else.
      const allowed = ["--no-prompt", "--allow-net=127.0.0.1", `--allow-read=${project.folder}`];
      const own = ["--no-remote", "--node-modules-dir=manual", "--no-lock"];
      const env = { DENO_DIR: project.path(".deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
      return runs(binary("@deno", "deno"), ["run", ...own, ...allowed, file], env);
    });
  }

  for (const file of ["main.mjs", "main.cjs", "slim.mjs", "entries.mjs"]) {
    test(`in Bun, ${file}`, () => {
      const env = { DO_NOT_TRACK: "1", BUN_INSTALL_CACHE_DIR: project.path(".bun") };
      return runs(binary("@oven", "bin/bun"), ["run", "--no-install", file], env);
    });
  }
});

/**
 * The program of the one package of `scope` that npm chose for this machine. The packages in front
 * of it put it elsewhere by an install script, which is not run here.
 */
function binary(scope, file) {
  const packages = readdirSync(installed(scope));
  const found = packages.map((name) => join(installed(scope), name, file)).find((path) => existsSync(path));
  assert.ok(found, `npm installed no package of ${scope} for this machine`);
  return found;
}
