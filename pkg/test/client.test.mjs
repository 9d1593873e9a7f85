// `laika-verifier/client` in a real Chromium, with a real issuer and a real API behind the middleware.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startIssuer } from "./client/issuer.mjs";
import { startApi, startPage, startStranger } from "./client/site.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const tools = process.env.LAIKA_TOOLS ?? here("../../tests/tools");
const { chromium } = createRequire(join(tools, "package.json"))("playwright-core");

const BELKA = { login: "belka", password: "strelka-came-back-with-me-1960" };
const STRELKA = { login: "strelka@example.com", password: "belka-came-back-with-me-1960" };

/** What an authenticator app shows (RFC 6238) whose clock is `ahead` seconds ahead. */
function totp(secret, ahead = 0) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor((Date.now() / 1000 + ahead) / 30)));
  const mac = createHmac("sha1", key).update(step).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

describe("a session in a browser", () => {
  let browser, issuer, app, api, stranger, context, mints;

  before(async () => {
    [app, stranger] = await Promise.all([startPage(), startStranger()]);
    issuer = await startIssuer(here("client/seed.toml"), { ALLOWED_ORIGINS: app.origin });
    api = await startApi(issuer.url, app.origin, stranger.origin);
    browser = await chromium.launch({
      executablePath: process.env.LAIKA_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    });
  });
  after(async () => {
    await browser?.close();
    for (const part of [issuer, app, api, stranger]) await part?.stop();
  });
  beforeEach(async () => {
    await context?.close();
    context = await browser.newContext();
    mints = 0;
    context.on("request", (request) => (mints += request.method() === "POST" && request.url().endsWith("/v1/tokens/micro") ? 1 : 0));
    Object.assign(api.state, { ahead: 0, refuse: undefined });
    for (const { seen } of [api.state, app, stranger]) seen.length = 0;
  });

  /** A tab with a session, in `globalThis.session`; `without` names what its browser does not have. */
  const tab = async ({ without = [], options = {} } = {}) => {
    const page = await context.newPage();
    await page.addInitScript((names) => {
      if (names.includes("locks")) Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
      if (names.includes("channel")) delete globalThis.BroadcastChannel;
    }, without);
    await open(page, options);
    return page;
  };
  const open = async (page, options = {}) => {
    await page.goto(app.origin);
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    await page.evaluate((all) => {
      globalThis.session = client.createSession(all);
      globalThis.changes = [];
      session.onChange((user) => changes.push(user?.username ?? null));
    }, { issuer: issuer.url, apis: { [api.origin]: "orders" }, ...options });
  };
  const logIn = (page, who = BELKA) => page.evaluate(async (who) => (await session.logIn(who)).username, who);
  const get = (page, url, init) =>
    page.evaluate(async ([url, init]) => {
      try {
        const answer = await session.fetch(url, init);
        return [answer.status, await answer.json()];
      } catch (error) {
        return [error.name, error.code ?? null];
      }
    }, [url, init]);
  const bearers = () => api.state.seen.map(({ authorization }) => authorization?.slice("Bearer ".length));

  test("registers, is there after a reload, logs out and stays so", async () => {
    const page = await tab();
    const user = await page.evaluate(() => session.register({ username: "veterok", email: "veterok@example.com", password: "four-steps-beyond-the-kennel" }));
    assert.deepEqual([user.username, user.email, typeof user.id, typeof user.createdAt], ["veterok", "veterok@example.com", "string", "number"]);
    await open(page);
    assert.equal(await page.evaluate(() => session.user), undefined);
    assert.deepEqual(await page.evaluate(async () => [(await session.restore()).username, session.user.username, changes]), ["veterok", "veterok", ["veterok"]]);
    await page.evaluate(() => session.logOut());
    assert.deepEqual(await page.evaluate(() => [session.user ?? null, changes]), [null, ["veterok", null]]);
    await open(page);
    assert.equal(await page.evaluate(() => session.restore()), undefined);
    await page.evaluate(() => session.logOut());
  });

  test("keeps nothing where it would outlive the page or another script would find it", async () => {
    const page = await tab();
    await logIn(page);
    const [status] = await get(page, `${api.origin}/orders`);
    const kept = await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length, JSON.stringify(session)]);
    assert.deepEqual([status, kept], [200, ["", 0, 0, "{}"]]);
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Lax"]);
  });

  test("asks for the second factor of a log-in, and shows it again where a service wants it", async () => {
    const page = await tab();
    await page.evaluate(() => session.register({ username: "zvezdochka", email: "zvezdochka@example.com", password: "four-steps-beyond-the-kennel" }));
    const call = (path, body) =>
      page.evaluate(async ([url, body]) => {
        const headers = { "content-type": "application/json" };
        return (await fetch(url, { method: "POST", credentials: "include", headers, body: JSON.stringify(body) })).json();
      }, [issuer.url + path, body]);
    const { secret } = await call("/v1/me/factors/totp", {});
    const { backup_codes: codes } = await call("/v1/me/factors/totp/confirm", { code: totp(secret) });
    await page.evaluate(() => session.logOut());
    const asked = await page.evaluate(async () => {
      const error = await session.logIn({ login: "zvezdochka", password: "four-steps-beyond-the-kennel" }).catch((error) => error);
      return [error.name, error.code, error.secondFactor, session.user ?? null];
    });
    const { id, methods, expiresIn } = asked[2];
    assert.deepEqual([asked[0], asked[1], methods, expiresIn, asked[3]], ["SessionError", "second_factor_required", ["totp", "backup_code"], 300, null]);
    const finish = (proof) => page.evaluate(([id, proof]) => session.finishLogIn(id, proof).then(({ username }) => username, ({ code }) => code), [id, proof]);
    assert.equal(await finish({ totp: "000000" }), "credentials_invalid");
    assert.equal(await finish({ backupCode: codes[0] }), "zvezdochka");
    assert.equal(await finish({ backupCode: codes[1] }), "code_invalid");
    const claims = () => page.evaluate(async () => JSON.parse(atob((await session.token("orders")).split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))));
    const before = await claims();
    assert.deepEqual([before.amr, before.acr], [["pwd", "otp", "mfa"], "aal2"]);
    const stepUp = (proof) => page.evaluate((proof) => session.stepUp(proof).then(() => "done", ({ code }) => code), proof);
    assert.equal(await stepUp({ password: "four-steps-beyond-the-kennel" }), "second_factor_required");
    // The app is half a minute ahead: the code of this step is used up.
    assert.equal(await stepUp({ totp: totp(secret, 30) }), "done");
    const since = await claims();
    assert.notEqual(since.jti, before.jti);
    assert.ok(since.auth_time >= before.auth_time);
    await page.evaluate(() => session.logOut());
  });

  test("says in a type of its own why the issuer refuses", async () => {
    const page = await tab();
    const wrong = await page.evaluate(async () => {
      const error = await session.logIn({ login: "belka", password: "not-it-not-it" }).catch((error) => error);
      return [error instanceof client.SessionError, error instanceof Error, error.name, error.code, error.status];
    });
    assert.deepEqual(wrong, [true, true, "SessionError", "credentials_invalid", 401]);
    const outcome = (registration) =>
      page.evaluate(async (registration) => {
        const { code, status, fields, strength } = await session.register(registration).catch((error) => error);
        return { code, status, fields: fields.map(({ field }) => field), score: strength?.score };
      }, registration);
    const good = { username: "pushinka", email: "pushinka@example.com", password: "four-steps-beyond-the-kennel" };
    assert.deepEqual(await outcome({ ...good, username: "<b>" }), { code: "fields_invalid", status: 422, fields: ["username"], score: undefined });
    const weak = await outcome({ ...good, password: "qwertyuiop123" });
    assert.deepEqual([weak.code, typeof weak.score], ["password_weak", "number"]);
    assert.equal((await outcome({ ...good, username: "belka" })).code, "already_registered");
    const gone = await page.evaluate(async () => {
      const nowhere = client.createSession({ issuer: "http://127.0.0.1:9" });
      const { code, status, cause } = await nowhere.restore().catch((error) => error);
      return [code, status, cause instanceof TypeError];
    });
    assert.deepEqual(gone, ["network", 0, true]);
  });

  test("refuses options that would send tokens where they do not belong", async () => {
    const page = await tab();
    const codes = await page.evaluate(() => {
      const bad = [
        undefined, {}, { issuer: "id.example.com" }, { issuer: "http://id.example.com" }, { issuer: "https://a:b@id.example.com" },
        { issuer: "https://id.example.com?x" }, { issuer: "https://id.example.com", api: {} }, { issuer: "https://id.example.com", client: 7 },
        ...["http://api.example.com", "https://api.example.com/", "https://API.example.com", "*", "https://*.example.com", "null", "api"].map((origin) => ({
          issuer: "https://id.example.com", apis: { [origin]: "orders" } })),
        ...["", [], [""], 7, null].map((service) => ({ issuer: "https://id.example.com", apis: { "https://api.example.com": service } })),
      ];
      return bad.map((options) => {
        try {
          client.createSession(options);
          return JSON.stringify(options);
        } catch (error) {
          return error.code;
        }
      });
    });
    assert.deepEqual(new Set(codes), new Set(["options_invalid"]));
  });

  test("sends the token to the API, and to nobody else", async () => {
    const page = await tab();
    assert.deepEqual(await get(page, `${api.origin}/health`), [200, { by: null }], "nobody is logged in");
    await logIn(page);
    assert.deepEqual(await get(page, `${api.origin}/orders`), [200, { by: "belka" }]);
    await get(page, `${stranger.origin}/orders`);
    await get(page, `${app.origin}/elsewhere`);
    await get(page, "/relative");
    const elsewhere = [...stranger.seen, ...app.seen].map(({ authorization }) => authorization);
    assert.deepEqual([new Set(elsewhere), stranger.seen.length], [new Set([undefined]), 1]);
    const [token] = bearers().filter(Boolean);
    assert.equal(token.split(".").length, 3);
  });

  test("never takes the token along on a redirect", async () => {
    const page = await tab();
    await logIn(page);
    for (const where of ["stranger", "home"]) {
      for (const init of [{}, { redirect: "follow" }]) assert.deepEqual(await get(page, `${api.origin}/away/${where}`, init), ["TypeError", null]);
    }
    const manual = await page.evaluate(async (url) => (await session.fetch(url, { redirect: "manual" })).type, `${api.origin}/away/stranger`);
    assert.equal(manual, "opaqueredirect");
    assert.deepEqual(stranger.seen, []);
  });

  test("leaves a caller's own credentials alone", async () => {
    const page = await tab();
    await logIn(page);
    await get(page, `${api.origin}/health`, { headers: { authorization: "Basic YTpi" } });
    assert.deepEqual([api.state.seen.at(-1).authorization, mints], ["Basic YTpi", 0]);
  });

  test("renews once when the token has expired, and sends the body again", async () => {
    const page = await tab();
    await logIn(page);
    await get(page, `${api.origin}/orders`);
    api.state.ahead = 400;
    // The API's clock is right again once it has refused.
    api.state.refuse = (response) => void response.on("finish", () => (api.state.ahead = 0));
    const answer = await get(page, `${api.origin}/orders`, { method: "POST", body: "a ball" });
    assert.deepEqual(answer, [200, { got: "a ball", by: "belka" }]);
    const [first, second, third] = bearers();
    assert.equal(first, second);
    assert.notEqual(second, third);
    assert.deepEqual([mints, api.state.seen.length], [2, 3]);
  });

  test("renews once when the token is stale, whoever says so and how", async () => {
    for (const headers of [
      { "www-authenticate": 'Bearer realm="orders", error="invalid_token", error_description="stale"' },
      { "content-type": "application/problem+json" },
    ]) {
      const page = await tab();
      await logIn(page);
      const before = mints;
      let refused = 0;
      api.state.refuse = (response) => refused++ === 0 && response.set(headers).status(401).end(JSON.stringify({ code: "stale" }));
      assert.deepEqual(await get(page, `${api.origin}/orders`), [200, { by: "belka" }]);
      assert.deepEqual([mints - before, refused], [2, 2], JSON.stringify(headers));
      api.state.refuse = undefined;
      await page.close();
    }
  });

  test("never loops: what is refused again is handed out", async () => {
    const page = await tab();
    await logIn(page);
    api.state.ahead = 400;
    const [status, problem] = await get(page, `${api.origin}/orders`);
    assert.deepEqual([status, problem.code, api.state.seen.length, mints], [401, "expired", 2, 2]);
  });

  test("renews for nothing else", async () => {
    const page = await tab();
    await logIn(page);
    for (const [status, headers, body] of [
      [401, { "www-authenticate": 'Bearer error="invalid_token"' }, ""],
      [401, { "content-type": "application/problem+json" }, '{"code":"revoked"}'],
      [401, { "content-type": "text/plain" }, '{"code":"expired"}'],
      [403, { "content-type": "application/problem+json" }, '{"code":"expired"}'],
    ]) {
      api.state.refuse = (response) => response.set(headers).status(status).end(body);
      api.state.seen.length = 0;
      await get(page, `${api.origin}/orders`);
      assert.equal(api.state.seen.length, 1, body);
    }
    assert.equal(mints, 1);
  });

  test("renews before the token expires, while the old one goes on", async () => {
    const page = await tab();
    const start = Date.now();
    const at = (share) => page.clock.setFixedTime(start + 300_000 * share);
    const token = () => page.evaluate(() => session.token("orders"));
    await at(0);
    await logIn(page);
    const first = await token();
    await at(0.59);
    assert.deepEqual([await token(), mints], [first, 1]);
    await at(0.91);
    const minted = page.waitForResponse((response) => response.url().endsWith("/v1/tokens/micro"));
    assert.equal(await token(), first, "nobody waits");
    await minted;
    await page.waitForFunction(async (first) => (await session.token("orders")) !== first, first);
    const second = await token();
    assert.equal(mints, 2);
    await at(2);
    assert.notEqual(await token(), second, "an expired one is not handed out");
    assert.equal(mints, 3);
  });

  test("sessions that began together do not renew together", async () => {
    const page = await tab({ without: ["channel", "locks"] });
    const start = Date.now();
    await page.clock.setFixedTime(start);
    await logIn(page);
    const options = { issuer: issuer.url };
    await page.evaluate(async (options) => {
      globalThis.sessions = Array.from({ length: 24 }, () => client.createSession(options));
      await Promise.all(sessions.map((session) => session.token("orders")));
    }, options);
    assert.equal(mints, 24);
    await page.clock.setFixedTime(start + 300_000 * 0.75);
    await page.evaluate(() => Promise.all(sessions.map((session) => session.token("orders"))));
    await page.evaluate(() => session.token("orders"));
    assert.ok(mints > 25 && mints < 49, `${mints - 25} of 24`);
  });

  test("gets one token for all tabs", async () => {
    const pages = [await tab(), await tab(), await tab()];
    await logIn(pages[0]);
    const answers = await Promise.all(pages.flatMap((page) => [get(page, `${api.origin}/orders`), get(page, `${api.origin}/orders`)]));
    assert.deepEqual(new Set(answers.map(([status]) => status)), new Set([200]));
    assert.deepEqual([mints, new Set(bearers()).size], [1, 1]);
    // A tab that comes later, too.
    const late = await tab();
    assert.deepEqual(await get(late, `${api.origin}/orders`), [200, { by: "belka" }]);
    assert.equal(mints, 1);
    // And they renew it once for all of them.
    api.state.ahead = 400;
    const again = Promise.all(pages.map((page) => get(page, `${api.origin}/orders`)));
    await again;
    assert.equal(mints, 2);
  });

  for (const without of [["locks"], ["channel"], ["locks", "channel"]]) {
    test(`works in a browser without ${without.join(" and ")}, once for each tab`, async () => {
      const page = await tab({ without });
      await logIn(page);
      const answers = await Promise.all(Array.from({ length: 5 }, () => get(page, `${api.origin}/orders`)));
      assert.deepEqual(new Set(answers.map(([status]) => status)), new Set([200]));
      assert.equal(mints, 1);
    });
  }

  test("asks for a token of several services at once where an API needs it", async () => {
    const page = await tab();
    await logIn(page);
    const codes = await page.evaluate(async () => {
      const error = await session.token("orders", "billing").catch((error) => error);
      return [error.name, typeof error.code];
    });
    // These two services have not agreed to share tokens.
    assert.deepEqual(codes, ["SessionError", "string"]);
    assert.equal(mints, 1);
  });

  test("who logs out in one tab is logged out in all", async () => {
    const [one, other] = [await tab(), await tab()];
    await logIn(one);
    await get(other, `${api.origin}/orders`);
    await one.evaluate(() => session.logOut());
    await other.waitForFunction(() => changes.at(-1) === null);
    const [status, problem] = await get(other, `${api.origin}/orders`);
    assert.deepEqual([status, problem.code, bearers().at(-1)], [401, "token_missing", undefined]);
  });

  test("who logs in as somebody else is so in all tabs, with no token of the first one left", async () => {
    const [one, other] = [await tab(), await tab()];
    await logIn(one);
    assert.deepEqual(await get(other, `${api.origin}/orders`), [200, { by: "belka" }]);
    await logIn(one, STRELKA);
    await other.waitForFunction(() => session.user?.username === "strelka");
    assert.deepEqual(await get(other, `${api.origin}/orders`), [200, { by: "strelka" }]);
  });

  test("does what the README shows", async () => {
    const readme = await readFile(here("../README.md"), "utf8");
    const section = readme.slice(readme.indexOf("## In the browser"));
    const [, code] = /^```js\n(.*?)^```$/ms.exec(section);
    const local = code
      .replace(/^import (.*) from "laika-verifier\/client";$/m, "const $1 = client;")
      .replaceAll("https://id.example.com", issuer.url)
      .replaceAll("https://api.example.com", api.origin);
    const page = await tab();
    const answer = (password) => {
      const script = local.replace("first-around-the-earth-1957", password).replace('"laika"', '"belka"');
      return page.evaluate(`(async () => { ${script}; return response.status; })()`);
    };
    assert.equal(await answer("not-it-not-it"), 401);
    assert.equal(await answer(BELKA.password), 200);
  });

  test("takes a token from another tab only where the same person is logged in", async () => {
    const page = await tab();
    const { id } = await page.evaluate((who) => session.logIn(who), BELKA);
    const offer = (userId, text) =>
      page.evaluate(async ([name, userId, text]) => {
        const later = Date.now() + 1_000_000;
        const channel = new BroadcastChannel(name);
        channel.postMessage({ kind: "token", key: "orders", userId, held: { text, renewAt: later, expiresAt: later } });
        await new Promise((resolve) => setTimeout(resolve, 100));
        channel.close();
        return session.token("orders");
      }, [`laika ${issuer.url}`, userId, text]);
    assert.notEqual(await offer("somebody-else", "theirs"), "theirs");
    assert.equal(await offer(id, "ours"), "ours");
  });

  test("notices that the session has ended elsewhere", async () => {
    const page = await tab();
    await logIn(page);
    const [cookie] = await context.cookies();
    const ended = await fetch(`${issuer.url}/v1/sessions/current`, { method: "DELETE", headers: { authorization: `Bearer ${cookie.value}` } });
    assert.equal(ended.status, 204);
    assert.deepEqual(await get(page, `${api.origin}/orders`), ["SessionError", "session_ended"]);
    assert.deepEqual(await page.evaluate(() => [session.user ?? null, changes]), [null, ["belka", null]]);
    assert.equal(api.state.seen.length, 0);
  });
});
