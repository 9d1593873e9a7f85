// Whatever the main entry exports says what it is and shows how it is used, and what it shows is true:
// each example is checked by the compiler, and run, and prints what its comments say.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { SETTINGS, printedBy, symbolsOf } from "./examples.mjs";
import { startKeyServer } from "./key-server.mjs";
import { ISSUER, makeKey, mint } from "./tokens.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

/** What every example may use without saying where it comes from, and how it comes to be. */
const GLOBALS = `
import type { JsonWebKey, Policy, Verifier } from "laika-verifier";
declare global {
  const issuer: string;
  const jwks: { keys: JsonWebKey[] };
  const jwksUri: string;
  const policy: Policy;
  /** Of the user \`laika\`, who may \`orders:read\`. */
  const token: string;
  /** Of tokens of \`issuer\` for \`orders\`, with \`policy\`. */
  const verifier: Verifier;
}
`;
const PRELUDE = `
import { createVerifier } from "laika-verifier";
const scene = JSON.parse(process.env.LAIKA_EXAMPLE);
const verifier = await createVerifier({ issuers: { issuer: scene.issuer, audience: "orders", jwksUri: scene.jwksUri }, policy: scene.policy });
Object.assign(globalThis, { ...scene, verifier });
`;

const symbols = symbolsOf("slim.d.ts");
const examples = symbols.flatMap(({ name, examples }) =>
  examples.map((code, i) => ({ name: `${name.replaceAll(/\W+/g, "-")}-${i + 1}`, code })),
);
let server, scene;

before(async () => {
  const key = await makeKey("EdDSA", "k1");
  server = await startKeyServer([key]);
  const now = Math.floor(Date.now() / 1000);
  const permissions = ["orders:read", "orders:notes:*"];
  scene = {
    issuer: ISSUER,
    jwks: { keys: [key.jwk] },
    jwksUri: server.uri,
    policy: {
      version: 1,
      rules: [
        { id: "list", methods: ["GET"], path: "/orders", require: "orders:read" },
        { id: "cancel", methods: ["DELETE"], path: "/orders/{id}", require: "orders:cancel" },
      ],
    },
    token: await mint(key, { iat: now, exp: now + 600, permissions, tenant: "acme" }),
  };
});
after(() => server?.stop());

test("every symbol, and every method of a verifier, is described and has an example", () => {
  const namesOf = (symbols) => symbols.map(({ name }) => name);
  assert.ok(symbols.length > 30, String(namesOf(symbols)));
  assert.deepEqual(namesOf(symbols.filter(({ comment }) => !comment)), [], "without a comment");
  assert.deepEqual(namesOf(symbols.filter(({ examples }) => examples.length === 0)), [], "without an example");
  assert.deepEqual(namesOf(symbols.filter(({ examples }) => examples.includes(""))), [], "without a fence");
});

describe("examples", { concurrency: 2 }, () => {
  let folder;

  before(async () => {
    // Below the package, for here its own name resolves to it.
    folder = await mkdtemp(join(here, ".examples-"));
    const texts = { "globals.d.ts": GLOBALS, "prelude.mjs": PRELUDE, "tsconfig.json": JSON.stringify(SETTINGS) };
    for (const { name, code } of examples) {
      // Always a module, so that two examples may use the same names.
      texts[`${name}.mts`] = `${code}\nexport {};\n`;
      texts[`${name}.mjs`] = (await transform(code, { loader: "ts", format: "esm", target: "es2022" })).code;
    }
    await Promise.all(Object.entries(texts).map(([name, text]) => writeFile(join(folder, name), text)));
  });
  after(() => folder && rm(folder, { recursive: true }));

  test("they compile under strict settings", async () => {
    const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
    const faults = await run(process.execPath, [tsc, "-p", folder]).then(({ stdout }) => stdout, ({ stdout, stderr }) => stdout + stderr);
    assert.equal(faults, "");
  });

  for (const { name, code } of examples) {
    test(`${name} runs, and prints what it says`, async () => {
      const env = { ...process.env, LAIKA_EXAMPLE: JSON.stringify(scene) };
      const { stdout } = await run(process.execPath, ["--import", "./prelude.mjs", `${name}.mjs`], { cwd: folder, env });
      assert.deepEqual(stdout.split("\n").slice(0, -1), printedBy(code));
    });
  }
});
