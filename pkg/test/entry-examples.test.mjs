// Whatever the further entries export says what it is and shows how it is used, and what it shows is
// true: each example is checked by the compiler, and run, and prints what its comments say. Those of
// the browser's session run in a browser.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { startIssuer } from "./client/issuer.mjs";
import { startApi, startPage, startStranger } from "./client/site.mjs";
import { SETTINGS, printedBy, symbolsOf } from "./examples.mjs";
import { startKeyServer } from "./key-server.mjs";
import { ISSUER, makeKey, mint } from "./tokens.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const tools = process.env.LAIKA_TOOLS ?? here("../../tests/tools");
const { chromium } = createRequire(join(tools, "package.json"))("playwright-core");
const run = promisify(execFile);

const ENTRIES = ["middleware/express", "middleware/fastify", "middleware/hono", "worker", "client"];
const symbols = ENTRIES.flatMap((entry) => symbolsOf(`${entry}.d.ts`).map((symbol) => ({ ...symbol, entry })));
const examples = symbols.flatMap(({ entry, name, examples }) =>
  examples.map((code, at) => ({ name: `${entry} ${name} ${at + 1}`, inBrowser: entry === "client", code })),
);

/** What examples may use without saying where it comes from. */
const GLOBALS = `
import type { Policy, Verifier } from "laika-verifier";
declare global {
  const issuer: string;
  const jwksUri: string;
  const policy: Policy;
  /** Of the user \`laika\`, with the permission \`orders:read\` and the claim \`tenant\`. */
  const token: string;
  const verifier: Verifier;
  /** The origin of an API for orders. */
  const api: string;
  /** That of the user \`laika\`. */
  const password: string;
}
`;
const PRELUDE = `
import { createVerifier } from "laika-verifier";
const { issuer, jwksUri, policy, token } = JSON.parse(process.env.LAIKA_EXAMPLE);
const verifier = await createVerifier({ issuers: { issuer, audience: "orders", jwksUri }, policy });
Object.assign(globalThis, { issuer, jwksUri, policy, token, verifier });
`;
test("every symbol of every entry is described, and has an example", () => {
  assert.ok(symbols.length > 30, String(symbols.length));
  const named = (all) => all.map(({ entry, name }) => `${entry} ${name}`);
  assert.deepEqual(named(symbols.filter(({ comment }) => !comment)), [], "without a comment");
  assert.deepEqual(named(symbols.filter(({ examples }) => examples.length === 0 || examples.includes(""))), [], "without an example in a fence");
});

describe("examples of the entries", () => {
  let folder, keys, example, site, browser;

  before(async () => {
    // Below the package, for here its own name resolves to it.
    folder = await mkdtemp(here(".entry-examples-"));
    const key = await makeKey("EdDSA", "k1");
    keys = await startKeyServer([key]);
    const now = Math.floor(Date.now() / 1000);
    const policy = { version: 1, rules: [{ id: "list", methods: ["GET"], path: "/orders", require: "orders:read" }] };
    const token = await mint(key, { iat: now, exp: now + 600, tenant: "acme" });
    example = JSON.stringify({ issuer: ISSUER, jwksUri: keys.uri, policy, token });
    const texts = { "globals.d.ts": GLOBALS, "prelude.mjs": PRELUDE, "tsconfig.json": JSON.stringify(SETTINGS) };
    for (const [at, { code }] of examples.entries()) {
      // Always a module, so that two examples may use the same names.
      texts[`${at}.mts`] = `${code}\nexport {};\n`;
      texts[`${at}.mjs`] = await plain(code);
    }
    await Promise.all(Object.entries(texts).map(([name, text]) => writeFile(join(folder, name), text)));
    site = await startSite();
    browser = await chromium.launch({ executablePath: process.env.LAIKA_CHROMIUM ?? "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu"] });
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
    await keys?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  test("compile under strict settings", async () => {
    const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
    const faults = await run(process.execPath, [tsc, "-p", folder]).then(({ stdout }) => stdout, ({ stdout, stderr }) => stdout + stderr);
    assert.equal(faults, "");
  });

  for (const [at, { name, code, inBrowser }] of examples.entries()) {
    test(`${name} runs, and prints what it says`, async () => {
      const printed = inBrowser ? await runInBrowser(code) : await runInNode(`${at}.mjs`);
      assert.deepEqual(printed, printedBy(code));
    });
  }

  const runInNode = async (file) => {
    const env = { ...process.env, LAIKA_EXAMPLE: example };
    const { stdout } = await run(process.execPath, ["--import", "./prelude.mjs", file], { cwd: folder, env });
    return stdout.split("\n").slice(0, -1);
  };
  const runInBrowser = async (code) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(site.page);
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    const printed = [];
    // What the network complains of is no output.
    page.on("console", (message) => message.type() === "log" && printed.push(message.text()));
    await page.evaluate((globals) => void Object.assign(globalThis, globals), { issuer: site.issuer, api: site.api, password: "first-around-the-earth-1957" });
    const script = (await plain(code)).replace(/^import (.*) from "laika-verifier\/client";$/m, "const $1 = client;");
    await page.evaluate(`(async () => { ${script} })()`);
    await context.close();
    return printed;
  };
});

/** JavaScript of TypeScript. */
async function plain(code) {
  return (await transform(code, { loader: "ts", format: "esm", target: "es2022" })).code;
}

/** A page, its issuer and its API. */
async function startSite() {
  const [page, stranger] = await Promise.all([startPage(), startStranger()]);
  const issuer = await startIssuer(here("client/seed.toml"), { ALLOWED_ORIGINS: page.origin });
  const api = await startApi(issuer.url, page.origin, stranger.origin);
  const stop = () => Promise.all([page, stranger, issuer, api].map((part) => part.stop()));
  return { page: page.origin, issuer: issuer.url, api: api.origin, stop };
}
