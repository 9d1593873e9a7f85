// Revocation by status lists, discovery and the token cache, against a real server on loopback.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, before, beforeEach, describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import { SignJWT } from "jose";
import { createVerifier } from "laika-verifier";
import { startKeyServer } from "./key-server.mjs";
import { AUDIENCE, ISSUER, makeKey, mint, NOW } from "./tokens.mjs";

const policy = { version: 1, rules: [{ id: "list", path: "/orders", require: "orders:read" }] };
const request = { method: "GET", path: "/orders" };
const [VALID, REVOKED, STALE] = [0, 1, 3];

/** A server of keys and of one status list, whose values are set by slot. */
async function startIssuer(keys) {
  const server = await startKeyServer(keys);
  const origin = `http://127.0.0.1:${server.port}`;
  const keysAnswer = server.answer;
  const state = Object.assign(server, {
    origin,
    list: `${origin}/status/0`,
    slots: new Map(),
    bits: 2,
    bytes: 16,
    iat: NOW,
    signer: keys[0],
    claims: {},
    header: {},
    count: (path) => server.requests.filter(({ url }) => url === path).length,
    answerList: async (_, response) => response.end(await state.sign()),
    sign() {
      const bytes = Buffer.alloc(state.bytes);
      const perByte = 8 / state.bits;
      for (const [slot, value] of state.slots) {
        bytes[Math.floor(slot / perByte)] |= value << ((slot % perByte) * state.bits);
      }
      const claims = {
        sub: state.list,
        iat: state.iat,
        status_list: { bits: state.bits, lst: deflateSync(bytes).toString("base64url") },
        ...state.claims,
      };
      const header = { alg: state.signer.alg, kid: state.signer.kid, typ: "statuslist+jwt", ...state.header };
      return new SignJWT(claims).setProtectedHeader(header).sign(state.signer.privateKey);
    },
  });
  server.answer = (incoming, response) =>
    incoming.url === "/status/0" ? state.answerList(incoming, response) : keysAnswer(incoming, response);
  return state;
}

let key, other, issuer, now;

before(async () => {
  key = await makeKey("EdDSA", "k1");
  other = await makeKey("RS256", "k2");
});
beforeEach(async () => {
  now = NOW;
  issuer = await startIssuer([key]);
});
afterEach(() => issuer.stop());

const verifierOf = (issuerOptions = {}, more = {}) =>
  createVerifier({
    issuers: { issuer: ISSUER, audience: AUDIENCE, jwksUri: issuer.uri, statusUris: [issuer.origin], ...issuerOptions },
    policy,
    now: () => now,
    ...more,
  });
const inSlot = (idx, signer = key, changes = {}) =>
  mint(signer, { status: { status_list: { idx, uri: issuer.list } }, exp: NOW + 3600, ...changes });
const codeOf = (promise) => promise.then(() => "accepted", ({ code }) => code);

/** Waits until the verifier has taken so many answers. */
async function asked(verifier, times, counter = "statusListFetches") {
  for (let left = 4000; verifier.stats()[counter] < times; left--) {
    assert.ok(left > 0, `${JSON.stringify(verifier.stats())}, asked for ${issuer.requests.map(({ url }) => url)}`);
    await sleep(5);
  }
}

describe("a status list", () => {
  test("says what became of a token", async () => {
    issuer.slots = new Map([[1, REVOKED], [2, 2], [3, STALE], [63, REVOKED]]);
    const verifier = await verifierOf();
    const codes = await Promise.all([0, 1, 2, 3, 4, 63, 64].map(async (idx) => codeOf(verifier.verify(await inSlot(idx)))));
    assert.deepEqual(codes, ["accepted", "revoked", "revoked", "stale", "accepted", "revoked", "status_unavailable"]);
    assert.equal(issuer.count("/status/0"), 1, "one fetch for all");
    const decision = await verifier.authorize(await inSlot(3), request);
    assert.deepEqual([decision.status, decision.code], [401, "stale"]);
    assert.match(decision.challenge, /error="invalid_token", error_description="stale"/);
  });

  for (const [bits, values] of [[1, [0, 1]], [4, [0, 1, 2, 3, 12]], [8, [0, 1, 2, 3, 255]]]) {
    test(`may have ${bits} bits`, async () => {
      issuer.bits = bits;
      issuer.slots = new Map(values.map((value, slot) => [slot, value]));
      const verifier = await verifierOf();
      for (const [slot, value] of values.entries()) {
        const wanted = value === 0 ? "accepted" : value === 3 ? "stale" : "revoked";
        assert.equal(await codeOf(verifier.verify(await inSlot(slot))), wanted, `${value}`);
      }
    });
  }

  test("is used for 5 s, and up to 9 s while another is fetched", async () => {
    const verifier = await verifierOf();
    const token = await inSlot(7);
    await verifier.verify(token);
    issuer.slots.set(7, REVOKED);
    now += 4;
    await verifier.verify(token);
    assert.equal(issuer.count("/status/0"), 1);
    now += 2;
    await verifier.verify(token);
    await asked(verifier, 2);
    assert.equal(await codeOf(verifier.verify(token)), "revoked", "though the token was cached");
    issuer.slots.clear();
    now += 9;
    assert.throws(() => verifier.verifySync(token), { code: "status_unavailable" });
    assert.equal(await codeOf(verifier.verify(token)), "accepted", "a request waits for it");
  });

  test("goes on while its endpoint fails, for a while", async () => {
    const verifier = await verifierOf({ statusMaxStale: 100 });
    const token = await inSlot(0);
    await verifier.verify(token);
    issuer.answerList = (_, response) => response.writeHead(500).end();
    now += 50;
    assert.equal(await codeOf(verifier.verify(token)), "accepted");
    assert.equal(verifier.stats().staleStatusUses, 1);
    now += 50;
    assert.equal(await codeOf(verifier.verify(token)), "status_unavailable");
    const decision = await verifier.authorize(token, request);
    assert.equal(decision.status, 503);
  });

  test("that does not come is waited for 2 s, not longer", async () => {
    issuer.answerList = () => {};
    const verifier = await verifierOf({}, { now: undefined, clockTolerance: 86_400, clockSkew: 86_400 });
    const token = await mint(key, {
      status: { status_list: { idx: 0, uri: issuer.list } },
      iat: Date.now() / 1000,
      exp: Date.now() / 1000 + 300,
    });
    const error = await verifier.verify(token).catch((error) => error);
    assert.equal(error.code, "status_unavailable");
    assert.equal(issuer.count("/status/0"), 1);
    verifier.free();
  });

  test("is inflated no further than 1 MiB", async () => {
    issuer.bytes = 2 ** 20;
    const verifier = await verifierOf();
    assert.equal(await codeOf(verifier.verify(await inSlot(0))), "accepted");
    issuer.bytes += 1;
    const second = await verifierOf();
    const error = await second.verify(await inSlot(0)).catch((error) => error);
    assert.equal(error.code, "status_unavailable");
    assert.match(error.cause.message, /larger than 1048576 bytes/);
  });

  test("counts only as the issuer's own, signed for this place", async () => {
    const faults = {
      "another key": { signer: other },
      "another type": { header: { typ: "JWT" } },
      "another place": { claims: { sub: "http://127.0.0.1/status/1" } },
      "another issuer": { claims: { iss: "https://evil.example" } },
      "expired": { claims: { exp: NOW - 1 } },
      "no list": { claims: { status_list: undefined } },
      "no time": { claims: { iat: undefined } },
      "bits that do not exist": { claims: { status_list: { bits: 3, lst: "eJwDAAAAAAE" } } },
      "no zlib stream": { claims: { status_list: { bits: 2, lst: "AAAA" } } },
    };
    for (const [name, fault] of Object.entries(faults)) {
      const good = { signer: issuer.signer, header: {}, claims: {} };
      Object.assign(issuer, fault);
      const verifier = await verifierOf();
      assert.equal(await codeOf(verifier.verify(await inSlot(0))), "status_unavailable", name);
      Object.assign(issuer, good);
    }
    for (const body of ["", "a.b.c", "<html>", "x".repeat(300_000)]) {
      issuer.answerList = (_, response) => response.end(body);
      const verifier = await verifierOf();
      assert.equal(await codeOf(verifier.verify(await inSlot(0))), "status_unavailable", body.slice(0, 9));
    }
  });

  test("is never replaced by an older one", async () => {
    issuer.slots.set(0, REVOKED);
    const verifier = await verifierOf();
    const token = await inSlot(0);
    assert.equal(await codeOf(verifier.verify(token)), "revoked");
    issuer.slots.clear();
    issuer.iat -= 1;
    now += 9;
    assert.equal(await codeOf(verifier.verify(token)), "revoked");
    issuer.iat += 1;
    now += 9;
    assert.equal(await codeOf(verifier.verify(token)), "accepted");
  });

  test("is fetched only from the issuer's origin or a named place, and only for a good signature", async () => {
    const stranger = await startKeyServer([]);
    const verifier = await verifierOf();
    const elsewhere = await mint(key, { status: { status_list: { idx: 0, uri: stranger.uri } } });
    assert.equal(await codeOf(verifier.verify(elsewhere)), "status_unavailable");
    assert.equal(stranger.requests.length, 0);
    const forged = `${(await inSlot(0)).slice(0, -10)}AAAAAAAAAA`;
    assert.equal(await codeOf(verifier.verify(forged)), "signature_invalid");
    assert.equal(issuer.count("/status/0"), 0);
    const named = await verifierOf({ statusUris: [issuer.list] });
    assert.equal(await codeOf(named.verify(await inSlot(0))), "accepted");
    await stranger.stop();
  });

  test("may be required or left alone", async () => {
    issuer.slots.set(0, REVOKED);
    const required = await verifierOf({ status: "required" });
    assert.equal(await codeOf(required.verify(await mint(key))), "claim_missing");
    assert.equal(await codeOf(required.verify(await inSlot(0))), "revoked");
    const off = await verifierOf({ status: "off" });
    assert.equal(await codeOf(off.verify(await inSlot(0))), "accepted");
    const strange = await mint(key, { status: { other: {} } });
    const verifier = await verifierOf();
    assert.equal(await codeOf(verifier.verify(strange)), "status_unavailable");
    assert.equal(await codeOf(verifier.verify(await mint(key, { status: "x" }))), "claim_invalid");
    const withStatic = { jwksUri: undefined, jwks: { keys: [key.jwk] } };
    assert.equal(await codeOf((await verifierOf(withStatic)).verify(await inSlot(0))), "accepted");
    const looking = await verifierOf({ ...withStatic, status: "if-present" });
    assert.equal(await codeOf(looking.verify(await inSlot(0))), "revoked");
  });

  test("tells that a key was taken back", async () => {
    issuer.keys = [key, other];
    const verifier = await verifierOf();
    const fine = await inSlot(0);
    const doomed = await inSlot(0, other);
    await verifier.verify(doomed);
    const kept = await verifier.verify(fine);
    issuer.keys = [key];
    const set = JSON.stringify({ keys: [key.jwk] });
    issuer.claims = { jwks_sha256: createHash("sha256").update(set).digest("base64url") };
    now += 6;
    await verifier.verify(doomed);
    await asked(verifier, 2, "keySetFetches");
    await asked(verifier, 2);
    assert.equal(await codeOf(verifier.verify(doomed)), "key_not_found", "though the token was cached");
    assert.equal(await verifier.verify(fine), kept, "the tokens of other keys stay");
    now += 6;
    await verifier.verify(fine);
    await asked(verifier, 3);
    assert.equal(verifier.stats().keySetFetches, 2, "not again for the same set");
  });

  test("is fetched by refresh()", async () => {
    const verifier = await verifierOf();
    const token = await inSlot(0);
    await verifier.verify(token);
    now += 60;
    await verifier.refresh();
    assert.equal(verifier.verifySync(token).subject.length, 36);
    assert.deepEqual([issuer.count("/status/0"), issuer.count("/jwks.json")], [2, 2]);
  });
});

describe("calls that never fetch", () => {
  test("find what they have missed after the next refresh()", async () => {
    const verifier = await verifierOf();
    const token = await inSlot(0);
    const decided = () => verifier.authorizeSync(token, request).code ?? "accepted";
    await verifier.refresh();
    assert.throws(() => verifier.verifySync(token), { code: "status_unavailable" });
    assert.equal(issuer.count("/status/0"), 0);
    await verifier.refresh();
    assert.equal(verifier.verifySync(token).issuer, ISSUER);
    assert.equal(decided(), "accepted");
    now += 9;
    assert.throws(() => verifier.verifySync(token), { code: "status_unavailable" }, "a list serves seconds");
    assert.equal(decided(), "status_unavailable");
    await verifier.refresh();
    assert.equal(decided(), "accepted");
    assert.equal(issuer.count("/status/0"), 2);
    const another = await verifierOf();
    await another.refresh();
    assert.equal(another.authorizeSync(token, request).code, "status_unavailable");
    await another.refresh();
    assert.equal(another.authorizeSync(token, request).allowed, true);
  });
});

describe("the cache of verified tokens", () => {
  test("gives the same object for the same token", async () => {
    const verifier = await verifierOf();
    const token = await mint(key);
    const first = await verifier.verify(token);
    assert.equal(verifier.verifySync(token), first);
    assert.equal((await verifier.authorize(token, request)).token, first);
    assert.ok(verifier.can(first, "orders:read"));
    const { cacheHits, cacheMisses } = verifier.stats();
    assert.equal(cacheHits, 2);
    assert.ok(cacheMisses > 0);
    const twin = await mint(key, { jti: "another" });
    assert.notEqual(await verifier.verify(twin), first);
  });

  test("tells apart what differs anywhere", async () => {
    const verifier = await verifierOf();
    const token = await mint(key);
    await verifier.verify(token);
    for (let at = 0; at < token.length; at += 7) {
      const damaged = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      assert.notEqual(await codeOf(verifier.verify(damaged)), "accepted", `${at}`);
    }
    for (const damaged of [`${token}A`, ` ${token}`, `${token}\n`, token.slice(0, -1), token.toLowerCase()]) {
      assert.notEqual(await codeOf(verifier.verify(damaged)), "accepted");
    }
    assert.equal(await codeOf(verifier.verify(token)), "accepted");
  });

  test("keeps no token longer than it is valid", async () => {
    const verifier = await verifierOf({ maxTokenAge: 200 });
    const token = await mint(key);
    await verifier.verify(token);
    now += 200;
    await verifier.verify(token);
    now += 1;
    assert.equal(await codeOf(verifier.verify(token)), "too_old");
    now = NOW + 300;
    assert.equal(await codeOf(verifier.verify(token)), "expired");
    now = NOW - 61;
    assert.equal(await codeOf(verifier.verify(token)), "issued_in_future");
  });

  test("lets a token go whose key was replaced by another of the same name", async () => {
    const impostor = await makeKey("EdDSA", "k1");
    const verifier = await verifierOf();
    const token = await mint(key);
    await verifier.verify(token);
    issuer.keys = [impostor];
    await verifier.refresh();
    assert.equal(await codeOf(verifier.verify(token)), "signature_invalid");
  });

  test("never mixes issuers or verifiers", async () => {
    const issuers = [
      { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.jwk] }, mayAssert: { permissions: ["orders:*"] } },
      { issuer: "https://b.example", audience: AUDIENCE, jwks: { keys: [other.jwk] }, mayAssert: {} },
    ];
    const both = await createVerifier({ issuers, now: () => now });
    const [ours, theirs] = [await mint(key), await mint(other, { iss: "https://b.example" })];
    for (let round = 0; round < 2; round++) {
      assert.deepEqual((await both.verify(ours)).permissions, ["orders:read", "orders:notes:*"]);
      assert.deepEqual((await both.verify(theirs)).permissions, []);
    }
    const one = await createVerifier({ issuers: { ...issuers[1], mayAssert: undefined }, now: () => now });
    assert.equal(await codeOf(one.verify(ours)), "algorithm_not_allowed");
    assert.throws(() => one.can(both.verifySync(theirs), "orders:read"), TypeError);
  });

  test("is bounded, and may be switched off", async () => {
    const small = await verifierOf({}, { cache: { maxBytes: 20_000 } });
    const tokens = await Promise.all(Array.from({ length: 40 }, (_, i) => mint(key, { jti: `${i}` })));
    for (const token of tokens) await small.verify(token);
    const before = small.stats().cacheHits;
    for (const token of tokens) await small.verify(token);
    assert.equal(small.stats().cacheHits, before, "one after another, all are gone when they come again");
    await small.verify(tokens.at(-1));
    assert.equal(small.stats().cacheHits, before + 1);
    const off = await verifierOf({}, { cache: false });
    const first = await off.verify(tokens[0]);
    assert.notEqual(await off.verify(tokens[0]), first);
    assert.deepEqual([off.stats().cacheHits, off.stats().cacheMisses], [0, 0]);
    for (const cache of [true, 1, { maxBytes: 0 }, { maxBytes: -1 }, { size: 1 }]) {
      await assert.rejects(verifierOf({}, { cache }), { code: "options_invalid" });
    }
  });
});

describe("discover", () => {
  const discovering = (metadata) => {
    const keysAnswer = issuer.answer;
    issuer.answer = (incoming, response) => {
      const document = metadata[incoming.url];
      if (document) response.end(JSON.stringify(document));
      else if (incoming.url.startsWith("/.well-known")) response.writeHead(404).end();
      else keysAnswer(incoming, response);
    };
    return verifierOf({ issuer: issuer.origin, jwksUri: undefined, discover: true });
  };
  const token = () => mint(key, { iss: issuer.origin });
  const oauth = "/.well-known/oauth-authorization-server";
  const openid = "/.well-known/openid-configuration";
  const document = () => ({ issuer: issuer.origin, jwks_uri: issuer.uri });

  test("finds the keys by RFC 8414", async () => {
    const verifier = await discovering({ [oauth]: document() });
    await verifier.verify(await token());
    assert.deepEqual(issuer.requests.map(({ url }) => url), [oauth, "/jwks.json"]);
  });

  test("finds them by OpenID Connect otherwise", async () => {
    const verifier = await discovering({ [openid]: document() });
    await verifier.refresh();
    verifier.verifySync(await token());
    assert.deepEqual(issuer.requests.map(({ url }) => url), [oauth, openid, "/jwks.json"]);
  });

  test("takes no metadata of another issuer", async () => {
    const verifier = await discovering({ [oauth]: { ...document(), issuer: `${issuer.origin}/` }, [openid]: {} });
    const error = await verifier.verify(await token()).catch((error) => error);
    assert.equal(error.code, "keys_unavailable");
    assert.match(error.cause.message, /another `issuer`/);
    assert.equal(issuer.count("/jwks.json"), 0);
  });
});
