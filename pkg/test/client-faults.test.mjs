// `laika-verifier/client` on a page that closes its session or throws, and beside a network that breaks off.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createSession } from "laika-verifier/client";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../", import.meta.url));
const LAIKA = { id: "1", username: "laika", email: "laika@example.com", created_at: 1 };
const API = "https://api.example.com";

describe("a session", () => {
  const sessions = [];
  afterEach(() => sessions.splice(0).forEach((session) => session.close()));

  /** What the issuer and an API say. */
  const answers = {
    "GET /v1/me": () => Response.json(LAIKA),
    "POST /v1/sessions": () => Response.json({ user: LAIKA }),
    "DELETE /v1/sessions/current": () => new Response(null, { status: 204 }),
    "POST /v1/tokens/micro": () => Response.json({ micro_token: "a.b.c", expires_in: 300 }),
    "GET /orders": () => Response.json([]),
  };
  const answer = async (input, init = input) => answers[`${init.method} ${new URL(input.url ?? input).pathname}`]();
  const start = (fetch = answer) => {
    const session = createSession({ issuer: `https://${crypto.randomUUID()}.example`, apis: { [API]: "orders" }, fetch });
    sessions.push(session);
    return session;
  };
  /** Everything that tells other tabs or asks them. */
  const goesOn = async (session) => {
    assert.equal((await session.logIn({ login: "laika", password: "anything" })).username, "laika");
    assert.equal(await session.token("orders"), "a.b.c");
    assert.equal((await session.fetch(`${API}/orders`)).status, 200);
    await session.logOut();
    assert.equal(session.user, undefined);
  };

  test("goes on once it is closed, and once more", async () => {
    const session = start();
    session.close();
    await goesOn(session);
    session.close();
    await goesOn(session);
  });

  test("calls no `fetch` as a method, which a browser's own refuses", async () => {
    await goesOn(
      start(function (...request) {
        if (this !== undefined && this !== globalThis) throw new TypeError("Illegal invocation");
        return answer(...request);
      }),
    );
  });

  test("says `network` where an answer breaks off, and may ask again", async () => {
    const broken = () => new Response(new ReadableStream({ pull: (body) => body.error(new TypeError("terminated")) }));
    let asked = 0;
    const session = start(async (...request) => (++asked === 1 ? broken() : answer(...request)));
    await assert.rejects(session.restore(), ({ code, status, cause }) => code === "network" && status === 0 && cause.message === "terminated");
    assert.equal((await session.restore()).username, "laika");
    const page = start(async () => new Response("<!doctype html>"));
    await assert.rejects(page.restore(), { code: "answer_invalid" });
  });

  test("goes on when a listener throws, here and in other tabs", async () => {
    const script = `
      import { createSession } from "laika-verifier/client";
      process.on("unhandledRejection", ({ message }) => console.log("page:", message));
      const fetch = async () => Response.json({ user: ${JSON.stringify(LAIKA)} });
      const [one, other] = [0, 0].map(() => createSession({ issuer: "https://id.example.com", fetch }));
      const name = (user) => user?.username ?? "nobody";
      one.onChange(() => { throw new Error("its own"); });
      one.onChange((user) => console.log("one:", name(user)));
      const told = new Promise((resolve) => other.onChange((user) => (console.log("other:", name(user)), user ?? resolve())));
      console.log("logged in:", name(await one.logIn({ login: "laika", password: "anything" })));
      await one.logOut();
      await told;
      for (const session of [one, other]) session.close();`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: root });
    const wanted = ["one: laika", "logged in: laika", "other: laika", "one: nobody", "other: nobody", "page: its own", "page: its own"];
    assert.deepEqual(stdout.trimEnd().split("\n").sort(), wanted.sort());
  });
});
