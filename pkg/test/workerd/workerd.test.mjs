// The packed package in `workerd`, the runtime of Cloudflare Workers, as its users deploy it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Miniflare } from "miniflare";
import { startKeyServer } from "../key-server.mjs";
import { AUDIENCE, ISSUER, makeKey, mint } from "../tokens.mjs";
import { deployment, install } from "./deployment.mjs";

const { resolve } = createRequire(import.meta.url);
/** The runtime itself, as Miniflare has it. */
const { default: workerd } = createRequire(resolve("miniflare"))("workerd");

describe("workerd", () => {
  let folder, modules, key, server, worker;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "laika-workerd-"));
    await install(folder);
    modules = await deployment(folder, fileURLToPath(new URL("worker.mjs", import.meta.url)));
    key = await makeKey("RS256", "k1");
    server = await startKeyServer([key]);
    worker = start(server.uri);
    await worker.ready;
  });
  after(async () => {
    await worker?.dispose();
    await server?.stop();
    await rm(folder, { recursive: true });
  });

  const start = (jwksUri) =>
    new Miniflare({
      modules,
      compatibilityDate: "2024-10-14",
      bindings: {
        OPTIONS: { issuer: ISSUER, audience: AUDIENCE },
        JWKS: { keys: [key.jwk] },
        JWKS_URI: jwksUri,
        POLICY: { version: 1, rules: [{ id: "list", methods: ["GET"], path: "/orders", require: "orders:read" }] },
      },
    });
  const ask = async (path, token, from = worker) => {
    const response = await from.dispatchFetch(`http://worker.example${path}`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    return { status: response.status, body: await response.json() };
  };
  const fresh = (changes, by = key) => {
    const seconds = Math.floor(Date.now() / 1000);
    return mint(by, { iat: seconds, exp: seconds + 300, ...changes });
  };

  test("verifies with static keys", async () => {
    const { status, body } = await ask("/static/verify", await fresh({ username: "laika" }));
    assert.deepEqual([status, body.claims?.username, body.issuer], [200, "laika", ISSUER]);
    assert.equal((await ask("/static/verify", await fresh({ aud: "other" }))).body.code, "audience_mismatch");
    assert.equal((await ask("/static/verify", await fresh({}, await makeKey("RS256", "k1")))).body.code, "signature_invalid");
    assert.equal((await ask("/decode", await fresh({ username: "shown" }))).body.claims.username, "shown");
  });

  test("fetches keys, once for all requests", async () => {
    const token = await fresh();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask("/remote/verify", token)));
    for (const { status, body } of answers) assert.deepEqual([status, body.issuer], [200, ISSUER], JSON.stringify(body));
    assert.equal(server.requests.length, 1);
    assert.equal((await ask("/stats")).body.keySetFetches, 1);
  });

  test("decides by policy", async () => {
    const allowed = await ask("/orders", await fresh());
    assert.deepEqual([allowed.status, allowed.body.rule], [200, "list"]);
    const without = await ask("/orders");
    assert.deepEqual([without.status, without.body.challenge], [401, "Bearer"]);
    const weak = await ask("/orders", await fresh({ permissions: [] }));
    assert.deepEqual([weak.status, weak.body.code], [403, "permission_denied"]);
  });

  test("marks tokens where what is frozen takes no private member", async () => {
    const tokens = { own: await fresh(), other: await fresh({ typ: "Bearer" }) };
    const given = { options: { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.jwk] } }, tokens };
    const files = [...(await deployment(folder, fileURLToPath(new URL("marked.mjs", import.meta.url))))];
    for (const { path, contents } of files) await writeFile(join(folder, path), contents);
    await writeFile(join(folder, "given.json"), JSON.stringify(given));
    const kinds = { ESModule: "esModule", CompiledWasm: "wasm" };
    const listed = files.map(({ type, path }) => `(name = "${path}", ${kinds[type]} = embed "${path}")`);
    // What TC39's proposal "nonextensible applies to private" makes the rule everywhere.
    const config = `using Workerd = import "/workerd/workerd.capnp";
      const config :Workerd.Config = (v8Flags = ["--js-nonextensible-applies-to-private"], services = [(name = "main", worker = .worker)]);
      const worker :Workerd.Worker = (modules = [${listed}], bindings = [(name = "GIVEN", json = embed "given.json")], compatibilityDate = "2024-10-14");`;
    await writeFile(join(folder, "marked.capnp"), config);
    await promisify(execFile)(workerd, ["test", "marked.capnp"], { cwd: folder });
  });

  test("refreshes keys in the background, after the answer", async () => {
    const slow = await startKeyServer([key]);
    slow.headers = { "cache-control": "max-age=100" };
    const other = start(slow.uri);
    try {
      const token = await fresh();
      await ask("/remote/verify", token, other);
      const { answer } = slow;
      let finished = false;
      slow.answer = (request, response) => {
        response.on("finish", () => (finished = true));
        setTimeout(() => answer(request, response), 500);
      };
      assert.equal((await ask("/remote/verify?ahead=90", token, other)).status, 200);
      assert.equal(finished, false, "the request waited");
      await sleep(1000);
      // At 120 s the first answer would be too old: what serves is the second.
      assert.equal((await ask("/remote/verify?ahead=120", token, other)).status, 200);
      assert.equal(slow.requests.length, 2);
    } finally {
      await other.dispose();
      await slow.stop();
    }
  });

  test("refuses a redirect, and says that keys are unavailable", async () => {
    const redirecting = await startKeyServer([key]);
    const { answer } = redirecting;
    redirecting.answer = (request, response) =>
      request.url === "/elsewhere" ? answer(request, response) : response.writeHead(302, { location: "/elsewhere" }).end();
    const other = start(redirecting.uri);
    try {
      assert.equal((await ask("/remote/verify", await fresh(), other)).body.code, "keys_unavailable");
      assert.deepEqual(redirecting.requests.map(({ url }) => url), ["/jwks.json"]);
    } finally {
      await other.dispose();
      await redirecting.stop();
    }
  });
});
