// `laika-verifier/worker` in `workerd`: what it hands on, and the keys it shares by the Cache API.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as apps from "../faces/apps.mjs";
import { startKeyServer } from "../key-server.mjs";
import { AUDIENCE, ISSUER, makeKey, mint } from "../tokens.mjs";
import { deployment, install } from "./deployment.mjs";

const POLICY = { version: 1, rules: [{ id: "list", path: "/orders", require: "orders:read" }] };

describe("the worker's wrapper in workerd", () => {
  let folder, modules, key, cache;
  const running = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "laika-protect-"));
    await install(folder);
    modules = await deployment(folder, fileURLToPath(new URL("protected.mjs", import.meta.url)));
    key = await makeKey("EdDSA", "k1");
  });
  after(async () => {
    for (const part of running) await part.stop();
    await rm(folder, { recursive: true });
  });

  /** A key server with its own fresh cache; each worker that starts is another isolate beside it. */
  const site = async (changes = {}) => {
    const server = await startKeyServer([key]);
    Object.assign(server, changes);
    running.push(server);
    const cachePersist = await mkdtemp(join(folder, "cache-"));
    const SOURCE = { issuers: { issuer: ISSUER, audience: AUDIENCE, jwksUri: server.uri }, policy: POLICY };
    const isolate = async () => {
      const worker = await apps.worker(modules, { SOURCE, BOUND: "yes" }, { cachePersist, cache: true });
      let stopped;
      const stop = () => (stopped ??= worker.stop());
      running.push({ stop });
      const ask = async (token) => {
        const response = await fetch(`http://127.0.0.1:${worker.port}/orders`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
        return { status: response.status, body: await response.json() };
      };
      return { ask, stop };
    };
    return { server, isolate };
  };
  const fresh = (by = key, changes = {}) => {
    const seconds = Math.floor(Date.now() / 1000);
    return mint(by, { iat: seconds, exp: seconds + 300, ...changes });
  };

  test("tells the handler the token, the decision and the bindings", async () => {
    const { isolate } = await site();
    const { ask } = await isolate();
    const { status, body } = await ask(await fresh());
    assert.deepEqual([status, body.rule, body.bound], [200, "list", "yes"]);
    assert.match(body.subject, /^[0-9a-f-]{36}$/);
    assert.deepEqual((await ask()).body, { code: "token_missing", status: 401, title: "Unauthorized", type: "about:blank" });
  });

  test("asks for keys once, however many requests wait for them", async () => {
    const { server, isolate } = await site();
    const { ask } = await isolate();
    const token = await fresh();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(token)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(server.requests.length, 1);
  });

  test("a new isolate takes the keys from the cache", async () => {
    const { server, isolate } = await site();
    const first = await isolate();
    assert.equal((await first.ask(await fresh())).status, 200);
    await first.stop();
    await server.stop();
    running.splice(running.indexOf(server), 1);
    const second = await isolate();
    assert.equal((await second.ask(await fresh())).status, 200);
  });

  test("what is in the cache does not hide a key that is younger", async () => {
    const { server, isolate } = await site();
    const first = await isolate();
    assert.equal((await first.ask(await fresh())).status, 200);
    await first.stop();
    const next = await makeKey("EdDSA", "k2");
    server.keys = [key, next];
    const second = await isolate();
    // Had the set of the cache been believed, this would be refused for half a minute.
    assert.equal((await second.ask(await fresh(next))).status, 200);
    assert.equal(server.requests.length, 2);
    // And a flood of unknown keys asks no more often than without a cache.
    for (let at = 0; at < 5; at++) {
      assert.equal((await second.ask(await fresh(await makeKey("EdDSA", `unknown-${at}`)))).body.code, "key_not_found");
    }
    assert.equal(server.requests.length, 2);
    await second.stop();
    const third = await isolate();
    assert.equal((await third.ask(await fresh(next))).status, 200);
    assert.equal(server.requests.length, 2, "the younger set was kept");
  });

  test("an endpoint that is gone is asked once for a key that is not in the cache", async () => {
    const { server, isolate } = await site();
    const first = await isolate();
    assert.equal((await first.ask(await fresh())).status, 200);
    await first.stop();
    server.answer = (_, response) => response.writeHead(500).end();
    const second = await isolate();
    for (let at = 0; at < 3; at++) {
      assert.equal((await second.ask(await fresh(await makeKey("EdDSA", `unknown-${at}`)))).body.code, "key_not_found");
    }
    assert.equal(server.requests.length, 2);
    assert.equal((await second.ask(await fresh())).status, 200, "the keys that are held go on");
  });

  test("what may not be kept, or is no key set, is not", async () => {
    const text = (body) => (_, response) => response.end(body);
    for (const changes of [{ headers: { "cache-control": "no-store" } }, { answer: text("<h1>soon</h1>") }, { answer: text('{"keys":1}') }]) {
      const { server, isolate } = await site(changes);
      for (let at = 1; at <= 2; at++) {
        const { ask, stop } = await isolate();
        await ask(await fresh());
        assert.equal(server.requests.length, at, JSON.stringify(changes));
        await stop();
      }
    }
  });
});
