// What the guides in `docs/` show works: whole programs against the built package, nothing fetched.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { blocksIn } from "./examples.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const guides = ["getting-started.md", "issuers.md"];

let folder;
// Below the package, for here its own name resolves to it.
before(async () => (folder = await mkdtemp(join(here, ".guides-"))));
after(() => rm(folder, { recursive: true }));

for (const guide of guides) {
  const blocks = blocksIn(readFileSync(join(here, "../../docs", guide), "utf8"));
  describe(guide, () => {
    test("has programs", () => assert.ok(blocks.length >= 4));
    for (const [index, code] of blocks.entries()) {
      test(`program ${index + 1} runs`, async () => {
        // What is the reader's own is made up, and a port may be taken.
        const own = code.replace(/^import \{ guard \} .*$/m, "const guard = () => {};");
        const program = own.replace("server.listen(8080)", "server.listen(0, () => server.close())");
        const file = join(folder, `${guide}-${index}.mjs`);
        await writeFile(file, `${program}\nexport const made = typeof verifier === "undefined" ? undefined : verifier;\n`);
        const { made, default: worker } = await import(pathToFileURL(file));
        assert.equal(typeof (made?.verify ?? worker?.fetch ?? worker), "function");
      });
    }
  });
}

test("the table of profiles names every profile", () => {
  const types = readFileSync(join(here, "../src/types.ts"), "utf8");
  const [, list] = types.match(/type Profile = ([^;]+);/);
  const profiles = [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name);
  const table = readFileSync(join(here, "../../docs/issuers.md"), "utf8");
  assert.deepEqual([...table.matchAll(/^\| `(\w+)`(?: \(default\))? \|/gm)].map(([, name]) => name).slice(1), profiles);
});
