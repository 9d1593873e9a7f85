// What is particular to each middleware; what they share is in faces.test.mjs.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { connect } from "node:http2";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serve } from "@hono/node-server";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { methodOverride } from "hono/method-override";
import { createVerifier, LaikaError } from "laika-verifier";
import { protect as forExpress } from "laika-verifier/middleware/express";
import { protect as forFastify } from "laika-verifier/middleware/fastify";
import { protect as forHono } from "laika-verifier/middleware/hono";
import { protect as forWorker } from "laika-verifier/worker";
import { listen } from "./faces/apps.mjs";
import { AUDIENCE, ISSUER, makeKey, mint, optionsWith } from "./tokens.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../", import.meta.url));
const policy = {
  version: 1,
  rules: [
    { id: "list", path: "/api/orders", require: "orders:read" },
    { id: "health", path: "/health", require: "anyone" },
  ],
};

let key, token, options, verifier, bearer;
before(async () => {
  key = await makeKey("EdDSA", "k1");
  token = await mint(key);
  bearer = { authorization: `Bearer ${token}` };
  options = optionsWith([key], { policy });
  verifier = await createVerifier(options);
});

describe("settings", () => {
  test("that are not understood are refused by every face", () => {
    const bad = [
      null, undefined, 7, "verifier",
      { verifier: {} }, { verifier: null },
      { verifier, issuers: [] }, { verifier, relm: "orders" }, { verifier, policy },
      { verifier, realm: 7 },
      { verifier, tokenFrom: [] }, { verifier, tokenFrom: "authorization" }, { verifier, tokenFrom: [{}] },
      { verifier, tokenFrom: ["authorization"] }, { verifier, tokenFrom: [null] },
      { verifier, tokenFrom: [{ header: "a b" }] }, { verifier, tokenFrom: [{ header: "a", shceme: "Bearer" }] },
      { verifier, tokenFrom: [{ header: "a", scheme: "" }] }, { verifier, tokenFrom: [{ cookie: "a", scheme: "Bearer" }] },
      { verifier, tokenFrom: [{ cookie: "a", header: "b" }] }, { verifier, tokenFrom: [{ cookie: "a=b" }] },
      { verifier, cookieOrigins: "https://a.example" }, { verifier, cookieOrigins: ["https://a.example/"] },
      { verifier, cookieOrigins: ["https://a.example:443"] }, { verifier, cookieOrigins: ["null"] },
      { verifier, cookieOrigins: ["*"] }, { verifier, cookieOrigins: [7] },
    ];
    const refused = (error) => error instanceof LaikaError && error.code === "options_invalid";
    for (const source of bad) {
      for (const protect of [forExpress, forFastify, forHono, (source) => forWorker(() => new Response(), source)]) {
        assert.throws(() => protect(source), refused, String(JSON.stringify(source)));
      }
    }
    assert.throws(() => forExpress({ verifier, cookieOrigins: ["https://A.example/x"] }), /write `https:\/\/a\.example`/);
  });

  test("that are wrong for the verifier stop an Express app at its start", async () => {
    const script = `
      import { protect } from "laika-verifier/middleware/express";
      protect({ issuers: { issuer: "https://id.example.com", audience: "orders" } });
      setTimeout(() => console.log("still here"), 1000);`;
    const failed = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: root }).catch((error) => error);
    assert.equal(failed.code, 1);
    assert.equal(failed.stdout, "");
    assert.match(failed.stderr, /options_invalid/);
  });

  test("and a Fastify app", async () => {
    const app = Fastify();
    app.register(forFastify({ ...options, policy: { version: 2 } }));
    await assert.rejects(async () => app.ready(), { code: "policy_invalid" });
  });

  test("and are an error of each request in Hono and a worker, which tries again", async () => {
    let asked = 0;
    const source = () => (++asked === 1 ? { ...options, issuers: [] } : options);
    const app = new Hono();
    app.use(forHono(source));
    app.onError((error, c) => c.text(error.code, 500));
    app.get("/*", (c) => c.text(c.get("token").subject));
    const statuses = [];
    for (let at = 0; at < 3; at++) statuses.push((await app.request("http://a.example/api/orders", { headers: bearer })).status);
    assert.deepEqual([statuses, asked], [[500, 200, 200], 2]);
    asked = 0;
    const handler = forWorker(() => new Response(), source);
    const request = () => new Request("http://a.example/api/orders", { headers: bearer });
    await assert.rejects(handler(request(), {}, {}), { code: "options_invalid" });
    assert.deepEqual([(await handler(request(), {}, {})).status, asked], [200, 2]);
  });
});

describe("Express", () => {
  const servers = [];
  const start = async (use) => {
    const app = express();
    use(app);
    servers.push(await listen(createServer(app)));
    return (path, headers = bearer, init = {}) => fetch(`http://127.0.0.1:${servers.at(-1).port}${path}`, { headers, ...init });
  };
  after(() => Promise.all(servers.map(({ stop }) => stop())));

  test("judges the original URL, also inside a router", async () => {
    const get = await start((app) => {
      const router = express.Router();
      router.use(forExpress(verifier));
      router.get("/orders", (request, response) => response.send(request.laika.claims.username));
      app.use("/api", router);
    });
    const answer = await get("/api/orders");
    assert.deepEqual([answer.status, await answer.text()], [200, "laika"]);
    assert.equal((await get("/api/health")).status, 403);
  });

  test("judges the original URL, when somebody has changed it", async () => {
    const get = await start((app) => {
      app.use((request, _, next) => ((request.url = "/health"), next()));
      app.use(forExpress(verifier));
      app.use((_, response) => response.send("reached"));
    });
    assert.equal((await get("/api/orders", {})).status, 401);
  });

  test("hands errors to the app: a verifier that was freed lets nobody pass", async () => {
    const freed = await createVerifier(options);
    freed.free();
    const get = await start((app) => {
      app.use(forExpress(freed));
      app.get("/health", (_, response) => response.send("reached"));
      app.use((error, _, response, next) => response.status(500).send(error.code ?? next));
    });
    const answer = await get("/health");
    assert.deepEqual([answer.status, await answer.text()], [500, "options_invalid"]);
  });

  test("calls the next one once, also when that throws", async () => {
    let calls = 0;
    const get = await start((app) => {
      app.use(forExpress(verifier));
      app.use(() => {
        calls++;
        throw new Error("the app's own");
      });
      app.use((error, _, response, next) => response.status(500).send(error.message ?? next));
    });
    const answer = await get("/health");
    assert.deepEqual([answer.status, await answer.text(), calls], [500, "the app's own", 1]);
  });

  test("answers 503 where there are no keys, and where there is no policy", async () => {
    const gone = await listen(createServer());
    await gone.stop();
    const jwksUri = `http://127.0.0.1:${gone.port}/jwks`;
    const source = { ...options, issuers: { issuer: ISSUER, audience: AUDIENCE, jwksUri } };
    const without = await (await start((app) => app.use(forExpress(source))))("/api/orders");
    assert.deepEqual([without.status, (await without.json()).code, without.headers.get("www-authenticate")], [503, "keys_unavailable", null]);
    const { policy: _, ...rest } = options;
    const undecided = await (await start((app) => app.use(forExpress(rest))))("/api/orders");
    assert.deepEqual([undecided.status, (await undecided.json()).missing], [503, ["policy"]]);
  });

  test("leaves no token of a guard before it", async () => {
    const get = await start((app) => {
      app.use(forExpress(verifier));
      app.use(forExpress({ verifier, tokenFrom: [{ header: "x-token" }] }));
      app.use((request, response) => response.json("laika" in request));
    });
    assert.equal(await (await get("/health")).json(), false);
    assert.equal(await (await get("/health", { ...bearer, "x-token": token })).json(), true);
  });

  test("takes the token from another header, with and without a scheme", async () => {
    const tokenFrom = [{ header: "X-Token" }, { header: "authorization", scheme: "Token" }];
    const get = await start((app) => {
      app.use(forExpress({ verifier, tokenFrom }));
      app.use((request, response) => response.send(request.laika.subject));
    });
    assert.equal((await get("/api/orders", { "x-token": token })).status, 200);
    assert.equal((await get("/api/orders", { authorization: `token ${token}` })).status, 200);
    assert.equal((await get("/api/orders", { authorization: `token ${token}`, "x-token": token })).status, 200);
    assert.equal((await get("/api/orders", { authorization: `token ${token}`, "x-token": "x" })).status, 400);
    assert.equal((await get("/api/orders", { "x-token": `${token},${token}x` })).status, 400);
    assert.equal((await get("/api/orders")).status, 401);
  });

  test("leaves out of the realm what would need escaping", async () => {
    const get = await start((app) => app.use(forExpress({ verifier, realm: 'or"d\\ers\r\n€' })));
    assert.equal((await get("/api/orders", {})).headers.get("www-authenticate"), 'Bearer realm="orders"');
  });

  test("reads headers also where a platform has left the raw ones out", async () => {
    const guard = forExpress(verifier);
    const ask = (headers) =>
      new Promise((resolve, reject) => {
        const response = { setHeader() {}, end: () => resolve(response.statusCode) };
        guard({ method: "GET", url: "/api/orders", headers }, response, (error) => (error ? reject(error) : resolve("passed")));
      });
    assert.equal(await ask(bearer), "passed");
    assert.equal(await ask({ ...bearer, "x-http-method-override": "DELETE" }), 400);
    assert.equal(await ask({ authorization: [bearer.authorization, "Bearer x"] }), 400);
  });
});

describe("Fastify", () => {
  test("guards what is inside, and nothing else", async () => {
    const app = Fastify();
    app.get("/open", async () => "open");
    app.register(async (inside) => {
      await inside.register(forFastify(verifier));
      inside.get("/api/orders", async (request) => request.laika.claims.username);
      inside.get("/api/secret", async () => "secret");
    });
    const get = async (url, headers = {}) => {
      const { statusCode, body } = await app.inject({ url, headers });
      return [statusCode, body];
    };
    assert.deepEqual(await get("/open"), [200, "open"]);
    assert.deepEqual(await get("/api/orders", bearer), [200, "laika"]);
    assert.equal((await get("/api/orders"))[0], 401);
    assert.equal((await get("/api/secret", bearer))[0], 403);
    await app.close();
  });

  test("guards also what was registered before it", async () => {
    const app = Fastify();
    app.get("/own", async () => "reached");
    await app.register(async (inside) => {
      inside.get("/inside", async () => "reached");
      await inside.register(async (within) => within.get("/within", async () => "reached"));
    });
    app.register(async (queued) => queued.get("/queued", async () => "reached"));
    await app.register(forFastify(verifier));
    for (const url of ["/own", "/inside", "/within", "/queued"]) assert.equal((await app.inject(url)).statusCode, 403, url);
    await app.close();
  });

  test("guards paths that have no route as well, and judges what came, not what it became", async () => {
    const app = Fastify({ rewriteUrl: ({ url }) => (url === "/api/orders" ? "/health" : url) });
    await app.register(forFastify(verifier));
    app.get("/health", async (request) => `${request.laika?.subject}`);
    assert.equal((await app.inject("/nowhere")).statusCode, 403);
    assert.equal((await app.inject({ url: "/nowhere", headers: bearer })).headers["content-type"], "application/problem+json");
    assert.equal((await app.inject("/api/orders")).statusCode, 401);
    assert.equal((await app.inject("/health")).body, "undefined");
    await app.close();
  });

  test("guards an inner instance more closely", async () => {
    const app = Fastify();
    await app.register(forFastify({ ...options, policy: { version: 1, otherwise: "anyone", rules: [] } }));
    app.register(async (inside) => {
      await inside.register(forFastify(verifier));
      inside.get("/api/orders", async (request) => request.laika.claims.username);
    });
    app.get("/open", async (request) => `${request.laika}`);
    assert.equal((await app.inject("/open")).body, "undefined");
    assert.equal((await app.inject("/api/orders")).statusCode, 401);
    assert.equal((await app.inject({ url: "/api/orders", headers: bearer })).body, "laika");
    await app.close();
  });

  test("in HTTP/2 knows the host from its authority", async () => {
    const hosts = { version: 1, rules: [{ id: "pay", host: "pay.example", path: "/", require: "anyone" }] };
    const app = Fastify({ http2: true });
    await app.register(forFastify({ ...options, policy: hosts }));
    app.get("/", async () => "reached");
    await app.listen({ host: "127.0.0.1", port: 0 });
    const session = connect(`http://127.0.0.1:${app.server.address().port}`);
    const status = async (headers) => {
      const [answer] = await once(session.request({ ":path": "/", ...headers }).resume(), "response");
      return answer[":status"];
    };
    try {
      assert.equal(await status({ ":authority": "pay.example" }), 200);
      assert.equal(await status({ ":authority": "other.example" }), 403);
      assert.equal(await status({ ":authority": "other.example", host: "pay.example" }), 400);
    } finally {
      session.close();
      await app.close();
    }
  });
});

describe("Hono", () => {
  test("asks for the options once, with the bindings", async () => {
    const seen = [];
    const app = new Hono();
    app.use(forHono(async (env) => (seen.push(env), { verifier, realm: env.REALM })));
    app.get("/*", (c) => c.text("reached"));
    const ask = () => app.request("http://a.example/api/orders", {}, { REALM: "orders" });
    const [first] = await Promise.all([ask(), ask(), ask()]);
    assert.equal(first.headers.get("www-authenticate"), 'Bearer realm="orders"');
    assert.deepEqual(seen, [{ REALM: "orders" }]);
  });

  test("goes by the URL where there is no request of Node", async () => {
    const app = new Hono();
    app.use(forHono(verifier));
    app.get("/*", (c) => c.text(c.get("token")?.subject ?? "nobody"));
    assert.equal((await app.request("http://a.example/api/orders", { headers: bearer }, { incoming: "a binding" })).status, 200);
    assert.equal((await app.request("http://a.example//api/orders", { headers: bearer })).status, 400);
    assert.equal(await (await app.request("http://a.example/health?a=//")).text(), "nobody");
    assert.equal((await app.request("http://a.example/health", { headers: { host: "b.example" } })).status, 400);
    assert.equal((await app.request("http://a.example/health", { headers: { host: "A.example:80" } })).status, 200);
    assert.equal((await app.request("http://a.example/health#/../api")).status, 400);
  });

  test("on Node judges what the app sees, where that is another request than came", async () => {
    const rules = [
      { id: "update", methods: ["POST"], path: "/orders/{id}", require: "orders:read" },
      { id: "cancel", methods: ["DELETE"], path: "/orders/{id}", require: "orders:cancel" },
    ];
    const start = (override) => {
      const app = new Hono();
      app.use(forHono({ ...options, policy: { version: 1, rules } }));
      app.use(methodOverride({ app, ...override }));
      app.post("/orders/:id", (c) => c.text("updated"));
      app.delete("/orders/:id", (c) => c.text("cancelled"));
      return new Promise((resolve) => {
        const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => resolve({ server, url: `http://127.0.0.1:${port}` }));
      });
    };
    const apps = await Promise.all([start({}), start({ query: "_method" }), start({ header: "x-method" })]);
    const ask = async ({ url }, path, fields = {}, headers = {}) => {
      const answer = await fetch(url + path, { method: "POST", headers: { ...bearer, ...headers }, body: new URLSearchParams(fields) });
      return [answer.status, answer.headers.get("content-type").startsWith("text/") ? await answer.text() : (await answer.json()).missing];
    };
    try {
      const [byForm, byQuery, byHeader] = apps;
      for (const app of apps) assert.deepEqual(await ask(app, "/orders/7"), [200, "updated"]);
      assert.deepEqual(await ask(byForm, "/orders/7", { _method: "DELETE" }), [403, ["orders:cancel"]]);
      assert.deepEqual(await ask(byForm, "/orders/7", { _method: "POST" }), [200, "updated"]);
      assert.deepEqual(await ask(byQuery, "/orders/7?_method=DELETE"), [403, ["orders:cancel"]]);
      assert.deepEqual(await ask(byHeader, "/orders/7", {}, { "x-method": "DELETE" }), [403, ["orders:cancel"]]);
    } finally {
      for (const { server } of apps) server.close();
    }
  });
});

describe("the worker's wrapper", () => {
  test("takes a function or an object, whose other members it keeps", async () => {
    const request = new Request("http://a.example/api/orders", { headers: bearer });
    const told = [];
    const handler = (...all) => (told.push(all), new Response("reached"));
    const [env, ctx] = [{ A: 1 }, { waitUntil() {} }];
    assert.equal(await (await forWorker(handler, verifier)(request, env, ctx)).text(), "reached");
    const object = { greeting: "reached", fetch() { return new Response(this.greeting); }, scheduled: () => "done" };
    const worker = forWorker(object, { verifier });
    assert.equal(await (await worker.fetch(request, env, ctx)).text(), "reached");
    assert.equal(worker.scheduled(), "done");
    const [[seen, { token: caller, decision, ...rest }]] = told;
    assert.equal(seen, request);
    assert.deepEqual([caller.claims.username, decision.rule, rest], ["laika", "list", { env, ctx }]);
    assert.equal(verifier.can(caller, "orders:read"), true);
    assert.equal((await worker.fetch(new Request("http://a.example/api/orders"), env, ctx)).status, 401);
  });

  test("leaves the fragment of a page out in a service worker, and nowhere else", async () => {
    const guarded = forWorker((request) => new Response(request.url), verifier);
    const ask = async (url) => (await guarded(new Request(url, { headers: bearer }))).status;
    const statuses = () => Promise.all(["/api/orders#top", "/api/orders?page=2#/../a?", "/a#/../api/orders"].map((target) => ask(`http://a.example${target}`)));
    assert.deepEqual(await statuses(), [400, 200, 400]);
    globalThis.registration = {};
    try {
      assert.deepEqual(await statuses(), [200, 200, 403]);
    } finally {
      delete globalThis.registration;
    }
  });

  test("shares key sets by a `fetch` that is no method", async () => {
    const jwksUri = "https://keys.example/jwks";
    const source = {
      ...options,
      issuers: { issuer: ISSUER, audience: AUDIENCE, jwksUri, status: "off" },
      async fetch() {
        if (this !== undefined && this !== globalThis) throw new TypeError("Illegal invocation");
        return Response.json({ keys: [key.jwk] });
      },
    };
    globalThis.caches = { default: { match: async () => undefined, put: async () => {} } };
    try {
      const guarded = forWorker(() => new Response("reached"), source);
      assert.equal((await guarded(new Request("http://a.example/api/orders", { headers: bearer }))).status, 200);
    } finally {
      delete globalThis.caches;
    }
  });

  test("keeps what an object has of its class", async () => {
    class Base {
      #greeting = "reached";
      fetch() { return new Response(this.#greeting); }
      scheduled() { return this.#greeting; }
      queue() { return "of the base"; }
    }
    class App extends Base {
      static made = 0;
      name = "own";
      get version() { return 7; }
      queue() { return `of the app, ${super.queue()}`; }
    }
    const worker = forWorker(new App(), verifier);
    assert.equal((await worker.fetch(new Request("http://a.example/api/orders"))).status, 401);
    assert.equal(await (await worker.fetch(new Request("http://a.example/api/orders", { headers: bearer }))).text(), "reached");
    assert.deepEqual([worker.scheduled(), worker.queue()], ["reached", "of the app, of the base"]);
    assert.deepEqual(Object.keys(worker).sort(), ["fetch", "name", "queue", "scheduled"]);
  });
});
