// The examples as they stand, with the packed package: each is started and used.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startIssuer } from "./client/issuer.mjs";
import * as apps from "./faces/apps.mjs";
import { deployment, install } from "./workerd/deployment.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const tools = process.env.LAIKA_TOOLS ?? here("../../tests/tools");
const { chromium } = createRequire(join(tools, "package.json"))("playwright-core");
const BELKA = { login: "belka", password: "strelka-came-back-with-me-1960" };

describe("examples", () => {
  const running = [];
  let folder, packed, issuer, port, micro;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "laika-examples-"));
    packed = await install(folder);
    for (const name of ["express", "fastify", "hono"]) {
      await symlink(here(`../node_modules/${name}`), join(folder, "node_modules", name));
    }
    await cp(here("../examples"), join(folder, "examples"), { recursive: true });
    port = await freePort();
    issuer = await startIssuer(here("client/seed.toml"), { ALLOWED_ORIGINS: `http://127.0.0.1:${port}` });
    const session = await post("/v1/sessions", BELKA);
    ({ micro_token: micro } = await post("/v1/tokens/micro", { services: ["orders"] }, session.main_token));
  });
  after(async () => {
    for (const stop of running) await stop();
    await issuer?.stop();
    await rm(folder, { recursive: true });
  });

  const post = async (path, body, token) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    return (await fetch(issuer.url + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
  };
  /** Runs a server until the tests end; answers with its URL. */
  const serve = async (name, atPort = 0, program = [process.execPath, "server.js"], more = {}) => {
    const cwd = join(folder, "examples", name);
    const env = { ...process.env, ISSUER: issuer.url, PORT: `${atPort}`, ...more };
    const child = spawn(program[0], program.slice(1), { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    running.push(async () => (child.kill(), await ended));
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended.then(() => ["it ended"])]);
    assert.match(line, /^ready http/, name);
    return line.slice("ready ".length);
  };
  /** Runs a worker until the tests end; answers with its URL. */
  const deploy = async (name) => {
    const file = join(folder, "examples", name, "index.js");
    const worker = await apps.worker(await deployment(dirname(file), file), { ISSUER: issuer.url });
    running.push(worker.stop);
    return `http://127.0.0.1:${worker.port}`;
  };
  const places = async (url) => {
    const ask = async (path, init = {}, headers = { authorization: `Bearer ${micro}` }) => {
      const response = await fetch(url + path, { ...init, headers: { "content-type": "application/json", ...headers } });
      const text = await response.text();
      return [response.status, text.startsWith("{") ? JSON.parse(text) : text];
    };
    assert.deepEqual(await ask("/health", {}, {}), [200, "ok"]);
    const [status, { code }] = await ask("/orders", {}, {});
    assert.deepEqual([status, code], [401, "token_missing"]);
    const order = { item: "a ball", by: "belka" };
    assert.deepEqual(await ask("/orders", { method: "POST", body: '{"item":"a ball"}' }), [201, order]);
    assert.deepEqual(await ask("/orders"), [200, { orders: [order] }]);
    assert.equal((await ask("/orders", { method: "DELETE" }))[0], 403);
  };

  test("express", async () => places(await serve("express")));
  test("fastify", async () => places(await serve("fastify")));
  test("hono", async () => places(await deploy("hono")));
  test("worker", async () => places(await deploy("worker")));

  test("deno", async () => {
    const registry = await startRegistry(packed);
    running.push(registry.stop);
    const own = { NPM_CONFIG_REGISTRY: registry.url, DENO_DIR: join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
    await places(await serve("deno", 0, [await denoProgram(), "task", "--quiet", "start"], own));
    assert.ok(registry.packed, "the packed package was used");
  });

  test("client", async () => {
    const url = await serve("client", port);
    const browser = await chromium.launch({
      executablePath: process.env.LAIKA_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    });
    running.push(() => browser.close());
    const page = await browser.newPage();
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(`${error}`));
    await page.goto(url);
    const logIn = async (password) => {
      await page.fill("[name=login]", BELKA.login);
      await page.fill("[name=password]", password);
      await page.click("#log-in button");
    };
    await logIn("not-it-not-it");
    await page.waitForFunction(() => document.getElementById("message").textContent !== "");
    await logIn(BELKA.password);
    await page.waitForSelector("#account:visible");
    assert.equal(await page.textContent("#name"), "belka");
    await page.click("#show");
    await page.waitForFunction(() => document.getElementById("message").textContent === "a ball");
    await page.reload();
    await page.waitForSelector("#account:visible");
    await page.click("#log-out");
    await page.waitForSelector("#log-in:visible");
    assert.deepEqual(complaints, []);
  });

  test("all of them are in the table, and depend on this version", async () => {
    const readme = await readFile(here("../examples/README.md"), "utf8");
    const { version } = JSON.parse(await readFile(here("../package.json"), "utf8"));
    const entries = await readdir(here("../examples"), { withFileTypes: true });
    for (const { name } of entries.filter((entry) => entry.isDirectory())) {
      assert.ok(readme.includes(`| \`${name}\` |`), name);
      const settings = async (file) => JSON.parse(await readFile(here(`../examples/${name}/${file}`), "utf8"));
      if (name === "deno") {
        const imports = { "laika-verifier/worker": `npm:laika-verifier@^${version}/worker` };
        assert.deepEqual((await settings("deno.json")).imports, imports);
      } else {
        assert.equal((await settings("package.json")).dependencies["laika-verifier"], `^${version}`, name);
      }
    }
  });
});

/** A registry of npm that has the packed package, and nothing else: `{ url, packed, stop }`. */
async function startRegistry(file) {
  const tarball = await readFile(file);
  const manifest = JSON.parse(await readFile(here("../package.json"), "utf8"));
  const { name, version } = manifest;
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const state = { packed: false };
  const server = await apps.listen(
    createServer(({ url }, response) => {
      if (url === `/${name}`) {
        const dist = { tarball: `${state.url}/packed.tgz`, integrity };
        const text = JSON.stringify({ name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } });
        return response.writeHead(200, { "content-type": "application/json" }).end(text);
      }
      if (url !== "/packed.tgz") return response.writeHead(404).end();
      state.packed = true;
      response.end(tarball);
    }),
  );
  return Object.assign(state, { url: `http://127.0.0.1:${server.port}`, stop: server.stop });
}

/** The Deno that npm chose for this machine, among the runtimes of the tests. */
async function denoProgram() {
  const scope = here("../../tests/runtimes/node_modules/@deno");
  const programs = (await readdir(scope)).map((name) => join(scope, name, "deno"));
  const found = programs.find((path) => existsSync(path));
  assert.ok(found, `there is no Deno in ${scope}; \`cargo xtask test --only tools\` installs it`);
  return found;
}

/** A port that is free a moment ago, for what must be known before it is taken. */
async function freePort() {
  const server = await apps.listen(createServer());
  await server.stop();
  return server.port;
}
