import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createVerifier } from "laika-verifier";
import { claimsWith, makeKey, mint, NOW, optionsWith } from "./tokens.mjs";

const policy = {
  version: 1,
  rules: [
    { id: "health", path: "/health", require: "anyone" },
    { id: "list", methods: ["GET"], path: "/orders", require: "orders:read" },
    { id: "cancel", methods: ["DELETE"], path: "/orders/{id}", require: { any: ["orders:cancel", "role:admin"] } },
    { id: "profile", methods: ["GET"], path: "/users/{user}/{*rest}", require: { claim: "sub", equals: { path: "user" } } },
  ],
  otherwise: "deny",
};

describe("authorize", () => {
  let key, verifier, token;

  before(async () => {
    key = await makeKey("RS256", "k1");
    verifier = await createVerifier(optionsWith([key], { policy }));
    token = await mint(key);
  });

  /** The decision, asked both ways. */
  const decide = async (token, method, path, host) => {
    const sync = verifier.authorizeSync(token, { method, path, host });
    assert.deepEqual(await verifier.authorize(token, { method, path, host }), sync);
    assert.ok(Object.isFrozen(sync));
    return sync;
  };

  test("allows what the token grants", async () => {
    const decision = await decide(token, "GET", "/orders?page=2");
    assert.equal(decision.allowed, true);
    assert.equal(decision.status, 200);
    assert.equal(decision.rule, "list");
    assert.deepEqual(decision.token.claims, claimsWith());
    assert.equal(decision.challenge, undefined);
    assert.ok(Object.isFrozen(decision.token.claims));
    assert.equal(verifier.can(decision.token, "orders:read"), true);
    assert.equal((await decide(token, "HEAD", "/orders")).allowed, true);
    assert.equal((await decide(token, "GET", `/users/${claimsWith().sub}/picture`)).rule, "profile");
  });

  test("each bearer and rule has its own decision, however many there are", async () => {
    const rules = Array.from({ length: 100 }, (_, n) => ({ id: `rule ${n}`, path: `/${n}`, require: n % 2 ? "anyone" : "authenticated" }));
    const verifier = await createVerifier(optionsWith([key], { policy: { version: 1, rules } }));
    const tokens = [token, await mint(key, { sub: "another" }), undefined];
    for (const text of tokens.slice(0, 2)) verifier.verifySync(text);
    for (let round = 0; round < 3; round++) {
      for (const [n, { id }] of rules.entries()) {
        for (const text of tokens) {
          const decision = verifier.authorizeSync(text, { method: "GET", path: `/${n}` });
          assert.equal(decision.rule, id);
          assert.equal(decision.allowed, text !== undefined || n % 2 === 1);
          assert.equal(decision.token, text && verifier.verifySync(text));
          assert.equal(decision.code, text ? undefined : "token_missing");
          assert.ok(Object.isFrozen(decision));
        }
      }
    }
  });

  test("answers 401 to no token and to a bad one", async () => {
    const none = await decide(undefined, "GET", "/orders");
    assert.deepEqual([none.allowed, none.status, none.code], [false, 401, "token_missing"]);
    assert.equal(none.challenge, "Bearer");
    const expired = await decide(await mint(key, { exp: NOW - 1 }), "GET", "/orders");
    assert.deepEqual([expired.allowed, expired.status, expired.code], [false, 401, "expired"]);
    assert.match(expired.challenge, /^Bearer .*error="invalid_token"/);
    assert.equal(expired.token, undefined);
    const foreign = await decide(await mint(await makeKey("RS256", "k1")), "GET", "/orders");
    assert.equal(foreign.code, "signature_invalid");
  });

  test("answers 401 to what is not even a string", async () => {
    for (const token of [null, 7, {}, [], true, Symbol("token")]) {
      const decision = await decide(token, "GET", "/orders");
      assert.deepEqual([decision.allowed, decision.status, decision.code], [false, 401, "token_malformed"]);
    }
  });

  test("answers 403 with what is missing", async () => {
    const decision = await decide(token, "DELETE", "/orders/7");
    assert.deepEqual([decision.allowed, decision.status, decision.code], [false, 403, "permission_denied"]);
    assert.equal(decision.rule, "cancel");
    assert.ok(decision.missing.includes("orders:cancel"), String(decision.missing));
    assert.match(decision.challenge, /^Bearer .*error="insufficient_scope"/);
    assert.equal((await decide(token, "GET", "/users/somebody/picture")).status, 403);
    assert.equal((await decide(token, "POST", "/orders")).status, 403);
    assert.equal((await decide(token, "GET", "/elsewhere")).status, 403);
  });

  test("lets anyone pass where the policy says so, and says what is wrong with the token", async () => {
    const without = await decide(undefined, "GET", "/health");
    assert.deepEqual([without.allowed, without.status], [true, 200]);
    const bad = await decide("x", "GET", "/health");
    assert.deepEqual([bad.allowed, bad.code, bad.token], [true, "token_malformed", undefined]);
  });

  test("chooses rules by host", async () => {
    const pay = { id: "pay", host: "pay.example.com", methods: ["POST"], path: "/payouts", require: "payouts:create" };
    const hosts = await createVerifier(optionsWith([key], { policy: { ...policy, rules: [...policy.rules, pay] } }));
    const payer = await mint(key, { permissions: ["payouts:create"] });
    const statusAt = (host) => hosts.authorizeSync(payer, { method: "POST", path: "/payouts", host }).status;
    assert.deepEqual(["pay.example.com", "PAY.example.com:443", "other.example.com"].map(statusAt), [200, 200, 403]);
    // Where rules name hosts, a request without one can't be judged.
    assert.deepEqual([undefined, "", "a b"].map(statusAt), [400, 400, 400]);
  });

  test("answers 400 to a path that could be read in two ways", async () => {
    for (const path of ["//orders", "/x/../orders", "/./orders", "/orders/%2e%2e", "/orders%2f7", "/orders%5c", "/orders\\7",
      "/orders;a=1", "/orders#x", "/orders\0", "/orders%00", "/orders/%zz", "/orders/%ff", "https://a.example/orders", "*", "",
      "/orders/\ud800", "orders"]) {
      const decision = await decide(token, "GET", path);
      assert.deepEqual([decision.allowed, decision.status, decision.code], [false, 400, "request_invalid"], JSON.stringify(path));
    }
  });

  test("answers 400 to a request that is not text", async () => {
    const requests = [{}, { method: "GET" }, { path: "/orders" }, { method: "GET", path: 7 }, { method: 7, path: "/orders" },
      { method: "GET", path: "/orders", host: 7 }, { method: "GET", path: "/orders", host: null }, { method: "GET", path: ["/orders"] },
      { method: "GET", path: `/${"a".repeat(2 ** 24)}` }];
    for (const request of requests) {
      assert.equal(verifier.authorizeSync(token, request).code, "request_invalid", JSON.stringify(request).slice(0, 80));
      assert.equal((await verifier.authorize(token, request)).status, 400);
    }
  });

  test("takes the policy as text, too", async () => {
    const fromText = await createVerifier(optionsWith([key], { policy: JSON.stringify(policy) }));
    assert.equal(fromText.authorizeSync(token, { method: "GET", path: "/orders" }).allowed, true);
    assert.equal(fromText.authorizeSync(token, { method: "PUT", path: "/orders" }).allowed, false);
  });

  test("refuses everything without a policy", async () => {
    const without = await createVerifier(optionsWith([key]));
    const decision = without.authorizeSync(token, { method: "GET", path: "/orders" });
    assert.deepEqual([decision.allowed, decision.status, decision.code], [false, 503, "options_invalid"]);
  });
});
