// `laika-verifier/client` where answers come in another order than they were asked for: sessions of one
// origin, as in several tabs, with an issuer that is told when to answer.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createSession } from "laika-verifier/client";

const LAIKA = { id: "1", username: "laika", email: "laika@example.com", created_at: 1 };
const BELKA = { id: "2", username: "belka", email: "belka@example.com", created_at: 1 };

describe("an answer that was asked for earlier", () => {
  let issuer, holder, proofs, held, sessions;

  beforeEach(() => {
    issuer = `https://${crypto.randomUUID()}.example`;
    [holder, proofs, held, sessions] = [LAIKA, 0, [], []];
  });
  afterEach(() => sessions.forEach((session) => session.close()));

  /** What the issuer says by what is true when it is asked. */
  const answers = {
    "GET /v1/me": () => holder,
    "POST /v1/sessions": () => ({ user: (holder = BELKA) }),
    "DELETE /v1/sessions/current": () => void (holder = undefined),
    "POST /v1/sessions/current/step-up": () => ({ proofs: holder && ++proofs }),
    "POST /v1/tokens/micro": () => ({ micro_token: `${holder.username} ${proofs}`, expires_in: 300 }),
  };
  /** Has the next answer to `call` wait until what is answered here is called. */
  const hold = (call) => {
    let release;
    held.push([call, new Promise((resolve) => (release = resolve))]);
    return release;
  };
  const fetch = async (url, { method }) => {
    const call = `${method} ${new URL(url).pathname}`;
    const answer = holder || call === "POST /v1/sessions" ? answers[call]() : undefined;
    const at = held.findIndex(([name]) => name === call);
    if (at >= 0) await held.splice(at, 1)[0][1];
    if (answer) return Response.json(answer);
    return holder ? Response.json({}) : Response.json({ code: "session_ended" }, { status: 401 });
  };
  const tab = (options = {}) => {
    const session = createSession({ issuer, fetch, ...options });
    sessions.push(session);
    return session;
  };
  const nextChange = (session) => new Promise((resolve) => session.onChange(resolve));
  /** Two tabs, of which one waits for a token that was asked for. */
  const asking = async () => {
    const [one, other] = [tab(), tab()];
    await Promise.all([one.restore(), other.restore()]);
    const release = hold("POST /v1/tokens/micro");
    const token = other.token("orders");
    await sleep(80);
    return { one, other, token, release };
  };

  test("does not undo a log-out", async () => {
    const session = tab();
    const release = hold("GET /v1/me");
    const restored = session.restore();
    await session.logOut();
    release();
    assert.deepEqual([await restored, session.user, await session.restore()], [undefined, undefined, undefined]);
  });

  test("does not undo a log-out in another tab", async () => {
    const [one, other] = [tab(), tab()];
    await one.restore();
    const release = hold("GET /v1/me");
    const restored = other.restore();
    const heard = nextChange(other);
    await one.logOut();
    await heard;
    release();
    assert.deepEqual([await restored, other.user, await other.token("orders")], [undefined, undefined, undefined]);
  });

  test("says nothing against who logged in meanwhile, nor does an answer that never came", async () => {
    const session = tab();
    const release = hold("GET /v1/me");
    const restored = session.restore();
    await session.logIn({ login: "belka", password: "anything" });
    release();
    assert.deepEqual([(await restored).username, session.user.username], ["belka", "belka"]);
    const fail = { fetch: (url, init) => (init.method === "GET" ? sleep(20).then(() => Promise.reject(new TypeError())) : fetch(url, init)) };
    const late = createSession({ issuer, ...fail });
    sessions.push(late);
    const tried = late.restore();
    await late.logIn({ login: "belka", password: "anything" });
    assert.deepEqual([(await tried).username, (await late.restore()).username], ["belka", "belka"]);
  });

  test("is no token of before a step-up", async () => {
    const session = tab();
    await session.restore();
    const release = hold("POST /v1/tokens/micro");
    const token = session.token("orders");
    await sleep(80);
    await session.stepUp({ password: "anything" });
    release();
    assert.deepEqual([await token, await session.token("orders")], ["laika 1", "laika 1"]);
  });

  test("is no token of before a step-up in another tab", async () => {
    const { one, other, token, release } = await asking();
    const heard = nextChange(other);
    await one.stepUp({ password: "anything" });
    await heard;
    release();
    assert.deepEqual([await token, await one.token("orders"), await other.token("orders")], Array(3).fill("laika 1"));
  });

  test("is no token of somebody else", async () => {
    const { one, other, token, release } = await asking();
    const heard = nextChange(other);
    await one.logIn({ login: "belka", password: "anything" });
    await heard;
    release();
    await assert.rejects(token, { code: "session_changed" });
    assert.equal(await other.token("orders"), "belka 0");
  });

  test("is no token of who logged in while its turn was waited for", async () => {
    const [one, other] = [tab(), tab()];
    await other.restore();
    let begin;
    const turn = new Promise((resolve) => (begin = resolve));
    const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
    Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_name, _options, work) => turn.then(work) } }, configurable: true });
    try {
      const token = other.token("orders");
      const heard = nextChange(other);
      await one.logIn({ login: "belka", password: "anything" });
      await heard;
      begin();
      await assert.rejects(token, { code: "session_changed" });
      assert.equal(await other.token("orders"), "belka 0");
    } finally {
      if (before) Object.defineProperty(globalThis, "navigator", before);
      else delete globalThis.navigator;
    }
  });

  test("sends nothing again as somebody else", async () => {
    const [one, api, seen] = [tab(), "https://api.example.com", []];
    const serve = async ({ headers }) => {
      seen.push(headers.get("authorization"));
      const heard = nextChange(other);
      await one.logIn({ login: "belka", password: "anything" });
      await heard;
      return new Response(null, { status: 401, headers: { "www-authenticate": 'Bearer error_description="expired"' } });
    };
    const other = tab({ apis: { [api]: "orders" }, fetch: (input, init) => (init ? fetch(input, init) : serve(input)) });
    const answer = await other.fetch(`${api}/orders/7`, { method: "DELETE" });
    assert.deepEqual([answer.status, seen, other.user.username], [401, ["Bearer laika 0"], "belka"]);
  });

  test("is not needed for a step-up, which logs nobody out before it is known who is there", async () => {
    const [one, other] = [tab(), tab()];
    await other.restore();
    const heard = nextChange(other);
    await one.stepUp({ password: "anything" });
    await heard;
    assert.deepEqual([one.user?.username, other.user?.username, await one.token("orders")], ["laika", "laika", "laika 1"]);
  });
});
