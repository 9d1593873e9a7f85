// `laika-verifier/client` with an issuer that sends mail, and with a holder who is anonymous. The real
// issuer would need a mail server beside it; this one says what its API documents.
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { createSession, SessionError } from "laika-verifier/client";

const ALBINA = { id: "1", username: "albina", email: "albina@example.com", email_verified: true, created_at: 7 };

describe("a session with an issuer that sends mail", () => {
  const sessions = [];
  afterEach(() => sessions.splice(0).forEach((session) => session.close()));

  /** A session whose issuer gives these answers, and what it was sent. */
  const scripted = (answers) => {
    const sent = [];
    const fetch = async (url, { method, body }) => {
      const call = `${method} ${new URL(url).pathname}`;
      sent.push([call, body && JSON.parse(body)]);
      const [status, answer] = answers[call];
      return new Response(answer && JSON.stringify(answer), { status });
    };
    const session = createSession({ issuer: `https://${crypto.randomUUID()}.example`, fetch });
    sessions.push(session);
    return { session, sent };
  };

  test("says that a registration waits for the proof of its e-mail, and goes on with that", async () => {
    const { session, sent } = scripted({
      "POST /v1/users": [202, { expires_in: 86400 }],
      "POST /v1/email/verify": [201, { user: ALBINA }],
    });
    const registration = { username: "albina", email: "albina@example.com", password: "four-steps-beyond-the-kennel" };
    const error = await session.register(registration).catch((error) => error);
    assert.ok(error instanceof SessionError);
    assert.deepEqual([error.code, error.status, error.emailProof, session.user], ["email_unverified", 202, { expiresIn: 86400 }, undefined]);
    const changes = [];
    session.onChange((user) => changes.push(user?.username));
    const user = await session.verifyEmail("a code");
    assert.deepEqual(user, { id: "1", username: "albina", email: "albina@example.com", createdAt: 7 });
    assert.deepEqual([session.user, changes], [user, ["albina"]]);
    assert.deepEqual(sent[1], ["POST /v1/email/verify", { code: "a code", transport: "cookie" }]);
  });

  test("logs nobody in where the code gives an account another address", async () => {
    const { session } = scripted({ "POST /v1/email/verify": [204] });
    assert.deepEqual([await session.verifyEmail("a code"), session.user], [undefined, undefined]);
  });

  test("says that a code is not good", async () => {
    const { session } = scripted({ "POST /v1/email/verify": [422, { code: "code_invalid" }] });
    await assert.rejects(session.verifyEmail("a code"), { code: "code_invalid", status: 422 });
  });

  test("still does not understand what is no registration", async () => {
    for (const answer of [{}, { expires_in: "soon" }, { user: { id: "1" } }]) {
      const { session } = scripted({ "POST /v1/users": [202, answer] });
      await assert.rejects(session.register({ username: "a", email: "b", password: "c" }), { code: "answer_invalid" });
    }
  });

  test("takes up the session of an anonymous holder, who gets tokens and may register", async () => {
    const { session } = scripted({
      "GET /v1/me": [200, { id: "2", email_verified: false, anonymous: true, created_at: 7 }],
      "POST /v1/tokens/micro": [200, { micro_token: "a.b.c", expires_in: 300 }],
      "POST /v1/users": [201, { user: { ...ALBINA, id: "2" } }],
    });
    assert.deepEqual(await session.restore(), { id: "2", username: "", email: "", createdAt: 7 });
    assert.equal(await session.token("orders"), "a.b.c");
    const user = await session.register({ username: "albina", email: "albina@example.com", password: "four-steps-beyond-the-kennel" });
    assert.deepEqual([user.id, session.user.username], ["2", "albina"]);
  });
});
