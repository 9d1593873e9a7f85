// Whatever the package exports says what it is and shows how it is used, and what it shows is true:
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
import { printedBy, symbolsOf } from "./examples.mjs";
import { startKeyServer } from "./key-server.mjs";
import { AUDIENCE, ISSUER, makeKey, mint } from "./tokens.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

/** What every example may use without saying where it comes from, and how it comes to be. */
const SHARED = `
  const issuer: string;
  const audience: string;
  const jwks: { keys: import("laika-verifier").JsonWebKey[] };
  const jwksUri: string;
  const policy: import("laika-verifier").Policy;
  /** Of the user \`laika\`, who may \`orders:read\`. */
  const token: string;
  /** Of tokens of \`issuer\` for \`orders\`, with \`policy\`. */
  const verifier: import("laika-verifier").Verifier;
`;
const PRELUDE = `
import { createVerifier } from "laika-verifier";
const scene = JSON.parse(process.env.LAIKA_EXAMPLE);
const verifier = await createVerifier({ issuers: { issuer: scene.issuer, audience: "orders", jwksUri: scene.jwksUri }, policy: scene.policy });
Object.assign(globalThis, { ...scene, verifier });
`;

/** By entry, what its examples may use besides. */
const ENTRIES = {
  slim: {},
  "middleware/express": {
    globals: `
      const protect: typeof import("laika-verifier/middleware/express").protect;
      const app: import("express").Express;
      const guard: import("laika-verifier/middleware/express").ExpressGuard<{ tenant: string }>;`,
    prelude: `
      import express from "express";
      import { protect } from "laika-verifier/middleware/express";
      Object.assign(globalThis, { app: express(), protect, guard: protect(verifier) });`,
  },
  "middleware/fastify": {
    globals: `
      const protect: typeof import("laika-verifier/middleware/fastify").protect;
      const app: import("fastify").FastifyInstance;
      const guard: import("laika-verifier/middleware/fastify").FastifyGuard<{ tenant: string }>;`,
    prelude: `
      import fastify from "fastify";
      import { protect } from "laika-verifier/middleware/fastify";
      Object.assign(globalThis, { app: fastify(), protect, guard: protect(verifier) });`,
  },
  "middleware/hono": {
    globals: `
      const protect: typeof import("laika-verifier/middleware/hono").protect;
      type Hono<E extends import("hono").Env> = import("hono").Hono<E>;
      const Hono: typeof import("hono").Hono;
      type LaikaVariables<C = {}> = import("laika-verifier/middleware/hono").LaikaVariables<C>;
      type Env = { ISSUER: string; JWKS_URI: string };`,
    prelude: `
      import { Hono } from "hono";
      import { protect } from "laika-verifier/middleware/hono";
      Object.assign(globalThis, { Hono, protect });`,
  },
  worker: {
    globals: `
      type Env = { ISSUER: string; JWKS_URI: string };`,
  },
};

const SETTINGS = {
  compilerOptions: {
    target: "es2022",
    module: "nodenext",
    lib: ["es2022", "dom", "dom.iterable", "esnext.disposable"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["*.mts", "*.d.ts"],
};

/** Symbols that an entry has together with another are looked at once. */
const seen = new Set();
let server, scene;

before(async () => {
  const key = await makeKey("EdDSA", "k1");
  server = await startKeyServer([key]);
  const now = Math.floor(Date.now() / 1000);
  const permissions = ["orders:read", "orders:notes:*"];
  scene = {
    issuer: ISSUER,
    audience: AUDIENCE,
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

for (const [entry, { globals = "", prelude = "" }] of Object.entries(ENTRIES)) {
  describe(`examples of ${entry}`, { concurrency: 2 }, () => {
    const symbols = symbolsOf(`${entry}.d.ts`).filter(({ file, name }) => !seen.has(`${file} ${name}`));
    for (const { file, name } of symbols) seen.add(`${file} ${name}`);
    const examples = symbols.flatMap(({ name, examples }) =>
      examples.map((code, i) => ({ name: `${name.replaceAll(/\W+/g, "-")}-${i + 1}`, code })),
    );
    let folder;

    before(async () => {
      // Below the package, for here its own name resolves to it.
      folder = await mkdtemp(join(here, ".examples-"));
      const texts = {
        "globals.d.ts": `export {};\ndeclare global {${SHARED}${globals}\n}\n`,
        "prelude.mjs": PRELUDE + prelude,
        "tsconfig.json": JSON.stringify(SETTINGS),
      };
      for (const { name, code } of examples) {
        // Always a module, so that two examples may use the same names.
        texts[`${name}.mts`] = `${code}\nexport {};\n`;
        texts[`${name}.mjs`] = (await transform(code, { loader: "ts", format: "esm", target: "es2022" })).code;
      }
      await Promise.all(Object.entries(texts).map(([name, text]) => writeFile(join(folder, name), text)));
    });
    after(() => folder && rm(folder, { recursive: true }));

    const namesOf = (symbols) => symbols.map(({ name }) => name);

    test("every symbol is described, and what can be called has one", () => {
      assert.ok(symbols.length > 0);
      assert.deepEqual(namesOf(symbols.filter(({ comment, kind }) => !comment && kind !== "method")), [], "without a comment");
      const shown = symbols.filter(({ kind }) => entry === "slim" || kind === "function" || kind === "class");
      assert.deepEqual(namesOf(shown.filter(({ examples }) => examples.length === 0)), [], "without an example");
      assert.deepEqual(namesOf(symbols.filter(({ examples }) => examples.includes(""))), [], "without a fence");
    });

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
}
