// `laika-verifier/worker` in `workerd`: what it hands on, and the keys it shares by the Cache API.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import { SignJWT } from "jose";
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

  /**
   * A key server with its own fresh cache; each worker that starts is another isolate beside it, and
   * gets its keys as `trust` says.
   */
  const site = async (changes = {}, trust = ({ uri }) => ({ jwksUri: uri })) => {
    const server = await startKeyServer([key]);
    Object.assign(server, changes);
    running.push(server);
    const cachePersist = await mkdtemp(join(folder, "cache-"));
    const SOURCE = { issuers: { issuer: ISSUER, audience: AUDIENCE, ...trust(server) }, policy: POLICY };
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

  test("with static keys asks nobody", async () => {
    const { server, isolate } = await site({}, () => ({ jwks: { keys: [key.jwk] } }));
    const { ask } = await isolate();
    assert.equal((await ask(await fresh())).status, 200);
    assert.equal((await ask(await fresh(await makeKey("EdDSA", "k1")))).body.code, "signature_invalid");
    assert.deepEqual(server.requests, []);
  });

  test("follows no redirect to keys", async () => {
    const { server, isolate } = await site();
    const { answer } = server;
    server.answer = (request, response) =>
      request.url === "/elsewhere" ? answer(request, response) : response.writeHead(302, { location: "/elsewhere" }).end();
    const { ask } = await isolate();
    const { status, body } = await ask(await fresh());
    assert.deepEqual([status, body.code], [503, "keys_unavailable"]);
    assert.deepEqual(server.requests.map(({ url }) => url), ["/jwks.json"]);
  });

  test("refuses what a status list revokes, and asks for lists itself", async () => {
    const listOf = ({ uri }) => new URL("/status/0", uri).href;
    const { server, isolate } = await site({}, (server) => ({ jwksUri: server.uri, statusUris: [listOf(server)] }));
    const { answer } = server;
    server.answer = async (request, response) => {
      if (request.url !== "/status/0") return answer(request, response);
      const lst = deflateSync(Buffer.of(0b0000_0100)).toString("base64url");
      const claims = { sub: listOf(server), iat: Math.floor(Date.now() / 1000), status_list: { bits: 2, lst } };
      const header = { alg: key.alg, kid: key.kid, typ: "statuslist+jwt" };
      response.end(await new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey));
    };
    const inSlot = (idx) => fresh(key, { status: { status_list: { idx, uri: listOf(server) } } });
    const asked = (path) => server.requests.filter(({ url }) => url === path).length;
    for (const isolates of [1, 2]) {
      const { ask, stop } = await isolate();
      assert.equal((await ask(await inSlot(0))).status, 200);
      assert.equal((await ask(await inSlot(1))).body.code, "revoked");
      await stop();
      assert.deepEqual([asked("/jwks.json"), asked("/status/0")], [1, isolates], "keys are shared, lists never are");
    }
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
