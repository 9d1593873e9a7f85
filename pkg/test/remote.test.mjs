import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createVerifier } from "laika-verifier";
import { startKeyServer } from "./key-server.mjs";
import { AUDIENCE, ISSUER, makeKey, mint, NOW } from "./tokens.mjs";

const policy = { version: 1, rules: [{ id: "list", path: "/orders", require: "orders:read" }] };
const request = { method: "GET", path: "/orders" };

describe("keys by jwksUri", () => {
  let first, second, server, now;
  const unhandled = [];
  const note = (error) => unhandled.push(error);

  before(async () => {
    process.on("unhandledRejection", note);
    first = await makeKey("RS256", "k1");
    second = await makeKey("EdDSA", "k2");
  });
  beforeEach(async () => {
    now = NOW;
    server = await startKeyServer([first]);
  });
  afterEach(async () => {
    await server.stop();
  });
  after(async () => {
    await sleep(10);
    process.off("unhandledRejection", note);
    assert.deepEqual(unhandled, []);
  });

  const verifierOf = (uri = server.uri, more = {}) =>
    createVerifier({ issuers: { issuer: ISSUER, audience: AUDIENCE, jwksUri: uri }, policy, now: () => now, ...more });
  const codeOf = (promise) => promise.then(() => "accepted", ({ code }) => code);

  test("are fetched when the first token comes, and once only", async () => {
    const verifier = await verifierOf();
    assert.equal(server.requests.length, 0);
    const token = await mint(first);
    assert.throws(() => verifier.verifySync(token), { code: "keys_unavailable" });
    assert.equal(verifier.authorizeSync(token, request).status, 503);
    assert.equal(server.requests.length, 0);
    await verifier.verify(token);
    verifier.verifySync(token);
    await verifier.verify(token);
    assert.equal((await verifier.authorize(token, request)).allowed, true);
    assert.equal(server.requests.length, 1);
    assert.equal(verifier.stats().keySetFetches, 1);
    const [{ method, url, headers }] = server.requests;
    assert.deepEqual([method, url, headers.cookie, headers.authorization], ["GET", "/jwks.json", undefined, undefined]);
  });

  test("are fetched once for 50 tokens at a time", async () => {
    const verifier = await verifierOf();
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, i) => mint(first, { jti: `j${i}` })));
    const verified = await Promise.all(tokens.map((token, i) =>
      i % 2 ? verifier.verify(token) : verifier.authorize(token, request).then((decision) => decision.token)));
    assert.deepEqual(verified.map(({ claims }) => claims.jti), tokens.map((_, i) => `j${i}`));
    assert.equal(server.requests.length, 1);
  });

  test("are not fetched for what can't be a token", async () => {
    const verifier = await verifierOf();
    for (const token of ["", "a.b.c", await mint(first, {}, { typ: "JWT" })]) {
      assert.notEqual(await codeOf(verifier.verify(token)), "accepted");
    }
    assert.equal(server.requests.length, 0);
  });

  test("are fetched again for a key that is new, at most every 30 s", async () => {
    const verifier = await verifierOf();
    await verifier.verify(await mint(first));
    server.keys = [first, second];
    now += 10;
    const token = await mint(second);
    assert.equal(await codeOf(verifier.verify(token)), "key_not_found");
    assert.equal(server.requests.length, 1);
    now += 25;
    const waiting = await Promise.all(Array.from({ length: 10 }, () => codeOf(verifier.verify(token))));
    assert.deepEqual(new Set(waiting), new Set(["accepted"]));
    assert.equal(server.requests.length, 2);
    await verifier.verify(await mint(first));
    const flood = await makeKey("EdDSA", "k3");
    for (let i = 0; i < 20; i++) {
      assert.equal(await codeOf(verifier.verify(await mint({ ...flood, kid: `flood-${i}` }))), "key_not_found");
    }
    assert.equal(server.requests.length, 2);
  });

  test("are refreshed in the background while the old ones go on", async () => {
    server.headers = { "cache-control": "public, max-age=100" };
    const verifier = await verifierOf();
    const token = await mint(first);
    await verifier.verify(token);
    now += 70;
    await verifier.verify(token);
    assert.equal(server.requests.length, 1);
    let release;
    const held = new Promise((resolve) => (release = resolve));
    const { answer } = server;
    server.answer = (...exchange) => held.then(() => answer(...exchange));
    now += 15;
    await verifier.verify(token);
    await verifier.verify(token);
    release();
    await sleep(50);
    assert.equal(server.requests.length, 2);
    now += 70;
    await verifier.verify(token);
    assert.equal(server.requests.length, 2);
  });

  test("are asked for again after a quiet time, before any of them is believed", async () => {
    const verifier = await verifierOf();
    const token = await mint(first, { exp: NOW + 90_000 });
    const decided = async () => (await verifier.authorize(token, request)).code ?? "accepted";
    await verifier.verify(token);
    server.keys = [second];
    now += 7200;
    assert.equal(verifier.verifySync(token).issuer, ISSUER, "which can't wait");
    assert.equal(verifier.authorizeSync(token, request).allowed, true);
    assert.equal(server.requests.length, 1);
    assert.deepEqual(await Promise.all([codeOf(verifier.verify(token)), decided()]), Array(2).fill("key_not_found"));
    assert.throws(() => verifier.verifySync(token), { code: "key_not_found" });
    assert.equal(server.requests.length, 2);
    server.keys = [first];
    now += 7200;
    assert.deepEqual(await Promise.all([decided(), codeOf(verifier.verify(token))]), Array(2).fill("accepted"));
    const kept = await verifier.verify(token);
    now += 7200;
    assert.deepEqual(await Promise.all([verifier.verify(token), decided()]), [kept, "accepted"], "it waits, and holds");
    assert.equal(server.requests.length, 4);
    now += 86_400;
    assert.throws(() => verifier.verifySync(token), { code: "keys_unavailable" }, "for a day at most");
  });

  test("hold nobody up whose answer they do not change", async () => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    const { answer } = server;
    const verifier = await verifierOf();
    const token = await mint(first);
    await verifier.verify(token);
    server.answer = (...exchange) => held.then(() => answer(...exchange));
    now += 60;
    const unknown = await mint(second);
    const judged = verifier.authorize(unknown, { method: "GET", path: "/nowhere" });
    const ended = await Promise.race([judged, sleep(1000, "it waits")]);
    release();
    assert.equal(ended.status, 403);
  });

  test("are fetched by refresh, together with those who wait", async () => {
    const verifier = await verifierOf();
    await Promise.all([verifier.refresh(), verifier.refresh(), verifier.verify(await mint(first))]);
    assert.equal(server.requests.length, 1);
    server.keys = [second];
    now += 1;
    await verifier.refresh();
    assert.equal(server.requests.length, 2);
    verifier.verifySync(await mint(second));
    assert.throws(() => verifier.verifySync("x.y.z"), { code: "token_malformed" });
  });

  test("are unavailable while the server is down, and found when it is back", async () => {
    const { port, uri } = server;
    await server.stop();
    const verifier = await verifierOf(uri);
    const token = await mint(first);
    const decision = await verifier.authorize(token, request);
    assert.deepEqual([decision.allowed, decision.status, decision.code], [false, 503, "keys_unavailable"]);
    assert.equal(decision.challenge, undefined);
    await assert.rejects(verifier.verify(token), (error) => {
      assert.equal(error.code, "keys_unavailable");
      assert.match(error.cause.message, /jwks\.json: connect ECONNREFUSED/);
      return true;
    });
    await verifier.refresh();
    server = await startKeyServer([first], port);
    now += 120;
    assert.equal((await verifier.authorize(token, request)).allowed, true);
    await server.stop();
    now += 7200;
    const later = await mint(first, { iat: now, exp: now + 60 });
    assert.equal(await codeOf(verifier.verify(later)), "accepted");
    server = await startKeyServer([first]);
  });

  const misbehaviours = {
    "a redirect": (request, response) => {
      if (request.url === "/elsewhere") return response.end(JSON.stringify({ keys: [first.jwk] }));
      response.writeHead(302, { location: "/elsewhere" }).end();
    },
    "an error": (_, response) => response.writeHead(500).end(JSON.stringify({ keys: [first.jwk] })),
    "no content": (_, response) => response.writeHead(204).end(),
    "an empty body": (_, response) => response.end(),
    "what is no key set": (_, response) => response.end("<html>"),
    "a broken connection": (_, response) => response.socket.destroy(),
    "a huge body": (_, response) => response.end(JSON.stringify({ keys: [first.jwk], padding: "x".repeat(300_000) })),
    "a body without end": (_, response) => {
      const chunk = Buffer.alloc(65536, " ");
      const more = () => { while (!response.destroyed && response.write(chunk)); };
      response.on("drain", more);
      more();
    },
  };
  for (const [name, answer] of Object.entries(misbehaviours)) {
    test(`are refused from a server that answers with ${name}`, async () => {
      server.answer = answer;
      const verifier = await verifierOf();
      const started = Date.now();
      assert.equal(await codeOf(verifier.verify(await mint(first))), "keys_unavailable");
      assert.ok(Date.now() - started < 4000, "took as long as a time-out");
      assert.deepEqual(server.requests.map(({ url }) => url), ["/jwks.json"]);
    });
  }

  test("are waited for at most 5 s", async () => {
    const slowly = {
      "no headers": () => {},
      "a slow body": (_, response) => {
        const timer = setInterval(() => response.write(" "), 200);
        response.on("close", () => clearInterval(timer));
      },
    };
    const deaf = await verifierOf(server.uri, { fetch: () => new Promise(() => {}) });
    const waits = [deaf.verify(await mint(first))];
    const servers = [];
    for (const answer of Object.values(slowly)) {
      const slow = await startKeyServer([first]);
      slow.answer = answer;
      servers.push(slow);
      waits.push((await verifierOf(slow.uri)).verify(await mint(first)));
    }
    const started = Date.now();
    assert.deepEqual(await Promise.all(waits.map(codeOf)), Array(3).fill("keys_unavailable"));
    const took = Date.now() - started;
    assert.ok(took > 4000 && took < 7000, `took ${took} ms`);
    for (const slow of servers) await slow.stop();
  });

  test("of many issuers are waited for, however often others' come first", async () => {
    const issuers = Array.from({ length: 8 }, (_, at) => ({
      issuer: `https://id-${at}.example`, audience: AUDIENCE, discover: true, mayAssert: { permissions: ["*"] },
    }));
    const fetch = async (uri) => {
      const { hostname, origin, pathname } = new URL(uri);
      await sleep(5 + 5 * Number(/\d/.exec(hostname)[0]));
      if (pathname.includes("oauth-authorization-server")) return new Response("", { status: 404 });
      return Response.json(pathname === "/jwks" ? { keys: [first.jwk] } : { issuer: origin, jwks_uri: `${origin}/jwks` });
    };
    const verifier = await createVerifier({ issuers, now: () => now, fetch });
    assert.equal(await codeOf(verifier.verify(await mint(first, { iss: issuers[7].issuer }))), "accepted");
  });

  test("are refreshed without a wait for what others ask for meanwhile", async () => {
    const hung = new Set();
    const fetch = (uri) => (uri.endsWith("/jwks") ? sleep(50, Response.json({ keys: [first.jwk] })) : new Promise(() => hung.add(uri)));
    const issuers = { issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks`, status: "if-present" };
    const verifier = await createVerifier({ issuers, now: () => now, fetch });
    await verifier.refresh();
    const refreshed = verifier.refresh();
    const status = { status_list: { idx: 0, uri: `${ISSUER}/status/0` } };
    const waiting = codeOf(verifier.verify(await mint(first, { status })));
    while (hung.size === 0) await sleep(1);
    assert.equal(await Promise.race([refreshed.then(() => "refreshed"), waiting]), "refreshed");
    verifier.free();
    assert.equal(await waiting, "options_invalid");
  });

  test("are there once they were refreshed, also by a fetch that was in flight, and by what it leads to", async () => {
    const answers = {
      "/.well-known/oauth-authorization-server": { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` },
      "/jwks": { keys: [first.jwk] },
    };
    const fetch = (uri) => sleep(20, Response.json(answers[new URL(uri).pathname]));
    const issuers = { issuer: ISSUER, audience: AUDIENCE, discover: true };
    const verifier = await createVerifier({ issuers, now: () => now, fetch });
    const token = await mint(first);
    const waiting = verifier.verify(token);
    await verifier.refresh();
    assert.equal(verifier.verifySync(token), await waiting);
  });

  test("come from the fetch of the options, whatever it does", async () => {
    const token = await mint(first);
    const calls = [];
    const own = await verifierOf("https://id.example.com/keys", {
      fetch: async (uri, init) => {
        calls.push([uri, init.redirect, init.signal instanceof AbortSignal]);
        return new Response(JSON.stringify({ keys: [first.jwk] }));
      },
    });
    await own.verify(token);
    assert.deepEqual(calls, [["https://id.example.com/keys", "manual", true]]);
    const broken = [
      () => { throw new Error("no network"); },
      () => Promise.reject(undefined),
      () => Promise.reject({}),
      async () => undefined,
      async () => ({ status: 200 }),
      async () => new Response(null),
      async () => Response.error(),
      async () => new Response(new ReadableStream({ pull: (stream) => stream.error(new Error("cut")) })),
    ];
    for (const fetch of broken) {
      const verifier = await verifierOf("https://id.example.com/keys", { fetch });
      assert.equal(await codeOf(verifier.verify(token)), "keys_unavailable", String(fetch));
      await verifier.refresh();
    }
  });

  test("may arrive after the verifier was freed", async () => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    const { answer } = server;
    server.answer = (...exchange) => held.then(() => answer(...exchange));
    const verifier = await verifierOf();
    const waiting = codeOf(verifier.verify(await mint(first)));
    await sleep(50);
    verifier.free();
    release();
    assert.equal(await waiting, "options_invalid");
  });

  test("do not keep a process alive", async () => {
    const token = await mint(first);
    const script = `
      import { createVerifier } from "laika-verifier";
      const options = { issuers: { issuer: "${ISSUER}", audience: "${AUDIENCE}", jwksUri: "${server.uri}" }, now: () => ${NOW} };
      const verifier = await createVerifier(options);
      console.log((await verifier.verify("${token}")).issuer);`;
    const started = Date.now();
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: new URL("..", import.meta.url),
    });
    assert.equal(stdout, `${ISSUER}\n`);
    assert.ok(Date.now() - started < 4000, "the process did not end");
  });
});
