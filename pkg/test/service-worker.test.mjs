// The example of a service worker as it stands, with the packed package, in Chromium: first with its
// server and the issuer, then with neither.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startIssuer } from "./client/issuer.mjs";
import * as apps from "./faces/apps.mjs";
import { install } from "./workerd/deployment.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const tools = process.env.LAIKA_TOOLS ?? here("../../tests/tools");
const { chromium } = createRequire(join(tools, "package.json"))("playwright-core");
const BELKA = { login: "belka", password: "strelka-came-back-with-me-1960" };
const STRELKA = { login: "strelka", password: "belka-came-back-with-me-1960" };

describe("a service worker", () => {
  const running = new Map();
  let folder, issuer, browser, page;
  const stop = async (name) => {
    await running.get(name)?.();
    running.delete(name);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "laika-service-worker-"));
    await install(folder);
    for (const name of ["express", "esbuild"]) await symlink(here(`../node_modules/${name}`), join(folder, "node_modules", name));
    await cp(here("../examples/service-worker"), join(folder, "example"), { recursive: true });
    const { port, stop: free } = await apps.listen(createServer());
    await free();
    issuer = await startIssuer(here("client/seed.toml"), { ALLOWED_ORIGINS: `http://127.0.0.1:${port}` });
    running.set("issuer", issuer.stop);
    const url = await serve(port);
    browser = await chromium.launch({
      executablePath: process.env.LAIKA_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    });
    page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  });
  after(async () => {
    await browser?.close();
    for (const name of [...running.keys()]) await stop(name);
    if (folder) await rm(folder, { recursive: true });
  });

  const serve = async (port) => {
    const env = { ...process.env, ISSUER: issuer.url, PORT: `${port}` };
    const child = spawn(process.execPath, ["server.js"], { cwd: join(folder, "example"), env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    running.set("server", async () => (child.kill(), await ended));
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended.then(() => ["it ended"])]);
    assert.match(line, /^ready http/);
    return line.slice("ready ".length);
  };
  const tokenOf = async (credentials) => {
    const post = async (path, body, token) => {
      const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
      return (await fetch(issuer.url + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
    };
    const { main_token: main } = await post("/v1/sessions", credentials);
    return (await post("/v1/tokens/micro", { services: ["orders"] }, main)).micro_token;
  };
  /** What a script of the page gets: status, and the problem's code or the body. */
  const ask = (token, init = {}) =>
    page.evaluate(
      async ([token, init]) => {
        const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
        const response = await fetch("/api/orders", { ...init, headers });
        const text = await response.text();
        return [response.status, text.startsWith("{") ? (JSON.parse(text).code ?? JSON.parse(text)) : text];
      },
      [token, init],
    );
  const shows = async (text) => {
    await page.evaluate(() => (document.getElementById("message").textContent = ""));
    await page.click("#show");
    await page.waitForFunction((text) => document.getElementById("message").textContent === text, text);
  };
  /** Ends the service worker; the next call starts it, and all that it had in memory is gone. */
  const restart = async () => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("ServiceWorker.enable");
    await devtools.send("ServiceWorker.stopAllWorkers");
    await devtools.detach();
  };

  test("decides by the policy, on the way and without a network", async () => {
    const [belka, strelka] = [await tokenOf(BELKA), await tokenOf(STRELKA)];
    await page.fill("[name=login]", BELKA.login);
    await page.fill("[name=password]", BELKA.password);
    await page.click("#log-in button");
    await page.waitForSelector("#account:visible");
    await shows("a ball");
    const order = { method: "POST", body: '{"item":"a bone"}' };
    assert.deepEqual(await ask(belka, order), [201, { orders: ["a ball", "a bone"] }]);
    await shows("a ball, a bone");

    await stop("server");
    await stop("issuer");
    for (const memory of ["kept", "gone"]) {
      if (memory === "gone") await restart();
      await shows("a ball, a bone");
      assert.deepEqual(await ask(belka), [200, { orders: ["a ball", "a bone"] }], memory);
      assert.deepEqual(await ask(strelka), [503, "there is no network"], "what another user saw is not shown");
      assert.deepEqual(await ask(belka, order), [503, "there is no network"]);
      // Had these gone out, nobody would have answered.
      assert.deepEqual(await ask(), [401, "token_missing"]);
      assert.deepEqual(await ask(belka, { method: "DELETE" }), [403, "permission_denied"]);
      const [header, payload, signature] = belka.split(".");
      const other = strelka.split(".")[1];
      assert.deepEqual(await ask(`${header}.${other}.${signature}`), [401, "signature_invalid"]);
      assert.deepEqual(await ask(`${header}.${payload}`), [401, "token_malformed"]);
    }
  });
});
