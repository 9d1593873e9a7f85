// What the README shows for frameworks and workers, as it stands there: before and after do the same.
// Its first example is run in package.test.mjs, the one for browsers in client.test.mjs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as apps from "./faces/apps.mjs";
import { startKeyServer } from "./key-server.mjs";
import { makeKey, mint } from "./tokens.mjs";
import { deployment, install } from "./workerd/deployment.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

describe("the README", () => {
  let folder, server, issuer, tokens, sections;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "laika-readme-"));
    await install(folder);
    for (const name of ["express", "hono", "jose"]) await symlink(here(`../node_modules/${name}`), join(folder, "node_modules", name));
    const key = await makeKey("RS256", "k1");
    server = await startKeyServer([key]);
    issuer = new URL(server.uri).origin;
    const seconds = Math.floor(Date.now() / 1000);
    const times = { iss: issuer, iat: seconds, exp: seconds + 300 };
    tokens = { good: await mint(key, times), weak: await mint(key, { ...times, permissions: [] }), expired: await mint(key, { ...times, exp: seconds - 1 }) };
    const readme = await readFile(here("../README.md"), "utf8");
    const parts = readme.split(/^## /m).map((part) => [part.slice(0, part.indexOf("\n")), part]);
    sections = Object.fromEntries(parts.map(([title, part]) => [title, [...part.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code)]));
  });
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true });
  });

  /** The one thing that all of them do. */
  const works = async (ask) => {
    const get = async (token) => {
      const response = await ask("/orders", { headers: token ? { authorization: `Bearer ${token}` } : {} });
      return [response.status, response.ok ? await response.text() : undefined];
    };
    assert.deepEqual(await get(tokens.good), [200, "hello laika"]);
    for (const [token, status] of [[undefined, 401], [tokens.expired, 401], [`${tokens.good}x`, 401], [tokens.weak, 403]]) {
      assert.deepEqual(await get(token), [status, undefined]);
    }
  };
  const run = async (code) => {
    const local = code.replaceAll("https://id.example.com", issuer).replace(".listen(8080)", `.listen(0, "127.0.0.1", function () { console.log(this.address().port); })`);
    const child = spawn(process.execPath, ["--input-type=module", "--eval", local], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    try {
      const [port] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended.then(() => ["none"])]);
      await works((path, init) => fetch(`http://127.0.0.1:${port}${path}`, init));
    } finally {
      child.kill();
      await ended;
    }
  };
  const deploy = async (code) => {
    const file = join(folder, "worker.mjs");
    await writeFile(file, code);
    const worker = await apps.worker(await deployment(folder, file), { ISSUER: issuer });
    try {
      await works((path, init) => fetch(`http://127.0.0.1:${worker.port}${path}`, init));
    } finally {
      await worker.stop();
    }
  };

  test("replaces `jose` in an Express app", async () => {
    const [jose, laika, ...rest] = sections["In place of `jose`: an Express app"];
    assert.equal(rest.length, 0);
    await run(jose);
    await run(laika);
  });

  test("replaces `jose` in a Hono worker", async () => {
    const [jose, laika, ...rest] = sections["In place of `jose`: a Hono worker"];
    assert.equal(rest.length, 0);
    const file = join(folder, "before.mjs");
    await writeFile(file, jose);
    const { default: app } = await import(pathToFileURL(file));
    await works((path, init) => app.request(path, init, { ISSUER: issuer }));
    await deploy(laika);
  });

  test("protects a worker", async () => {
    const [worker, ...rest] = sections.Workers;
    assert.equal(rest.length, 0);
    await deploy(worker);
  });
});
