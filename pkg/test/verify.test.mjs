import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createVerifier, decodeUnverified, LaikaError } from "laika-verifier";
import { base64url, claimsWith, headerText, ISSUER, makeKey, mint, mintText, NOW, optionsWith } from "./tokens.mjs";

for (const alg of ["RS256", "EdDSA"]) {
  describe(`a token by jose, ${alg}`, () => {
    let key, verifier;

    before(async () => {
      key = await makeKey(alg, "k1");
      verifier = await createVerifier(optionsWith([key]));
    });

    const refused = (token, code, more = {}) => {
      assert.throws(() => verifier.verifySync(token), (error) => {
        assert.ok(error instanceof LaikaError, String(error));
        assert.equal(error.name, "LaikaError");
        assert.ok(error.stack.startsWith(`LaikaError: ${error.message}`), error.stack);
        assert.equal(error.code, code, `${error.code}: ${error.message}`);
        for (const [member, value] of Object.entries(more)) assert.deepEqual(error[member], value, member);
        return true;
      });
    };

    test("is accepted, with everything it says", async () => {
      const token = await mint(key);
      for (const verified of [verifier.verifySync(token), await verifier.verify(token)]) {
        assert.deepEqual(verified.header, { alg, kid: "k1", typ: "at+jwt" });
        assert.deepEqual(verified.claims, claimsWith());
        assert.equal(verified.issuer, ISSUER);
        assert.equal(verified.subject, claimsWith().sub);
        assert.deepEqual(verified.permissions, ["orders:read", "orders:notes:*"]);
        assert.deepEqual(verified.roles, ["orders/clerk"]);
        assert.equal(verified.expiresAt, NOW + 300);
      }
    });

    test("is frozen, all the way down", async () => {
      const verified = verifier.verifySync(await mint(key, { deep: { list: [{ a: 1 }] } }));
      for (const part of [verified, verified.header, verified.claims, verified.claims.aud, verified.permissions,
        verified.roles, verified.claims.deep, verified.claims.deep.list, verified.claims.deep.list[0]]) {
        assert.ok(Object.isFrozen(part));
      }
    });

    test("is refused with another audience", async () => {
      refused(await mint(key, { aud: ["billing"] }), "audience_mismatch", { claim: "aud" });
      refused(await mint(key, { aud: "billing" }), "audience_mismatch");
      refused(await mint(key, { aud: [] }), "audience_mismatch");
    });

    test("is refused with another issuer", async () => {
      refused(await mint(key, { iss: `${ISSUER}/` }), "issuer_mismatch", { claim: "iss" });
    });

    test("is refused as another kind of token", async () => {
      refused(await mint(key, {}, { typ: "JWT" }), "type_mismatch");
      refused(await mint(key, {}, { typ: "main+jwt" }), "type_mismatch");
      refused(await mint(key, {}, { typ: undefined }), "type_mismatch");
      refused(await mint(key, { type: "main" }), "type_mismatch");
    });

    test("is refused outside its time", async () => {
      refused(await mint(key, { exp: NOW - 1 }), "expired", { claim: "exp" });
      refused(await mint(key, { exp: NOW }), "expired");
      refused(await mint(key, { nbf: NOW + 61 }), "not_yet_valid");
      refused(await mint(key, { iat: NOW + 61 }), "issued_in_future");
      verifier.verifySync(await mint(key, { nbf: NOW + 59, iat: NOW + 59 }));
    });

    test("is refused without a claim, or with one of another type", async () => {
      for (const claim of ["exp", "sub", "aud"]) {
        refused(await mint(key, { [claim]: undefined }), "claim_missing", { claim });
      }
      refused(await mint(key, { exp: String(NOW + 300) }), "claim_invalid", { claim: "exp" });
      refused(await mint(key, { sub: 7 }), "claim_invalid", { claim: "sub" });
    });

    test("is refused by a foreign key", async () => {
      refused(await mint(await makeKey(alg, "k1")), "signature_invalid");
      refused(await mint(await makeKey(alg, "k2")), "key_not_found");
    });

    test("is refused with any bit flipped", async () => {
      const token = await mint(key);
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      for (let at = 0; at < token.length; at++) {
        const value = alphabet.indexOf(token[at]);
        const flipped = value < 0 ? "_" : alphabet[value ^ (1 << at % 6)];
        const changed = token.slice(0, at) + flipped + token.slice(at + 1);
        assert.throws(() => verifier.verifySync(changed), LaikaError, `character ${at}`);
      }
    });

    test("is refused without a signature, or with an algorithm that is not the key's", async () => {
      const [header, payload] = (await mint(key)).split(".");
      for (const none of ["none", "None", "NONE"]) {
        const unsigned = base64url(JSON.stringify({ alg: none, kid: "k1", typ: "at+jwt" }));
        refused(`${unsigned}.${payload}.`, "token_malformed");
        refused(`${unsigned}.${payload}.AA`, "algorithm_not_allowed");
      }
      refused(`${header}.${payload}.`, "token_malformed");
      refused(`${header}.${payload}`, "token_malformed");
      refused(`${header}.${payload}.AA`, "signature_invalid");
      const other = JSON.stringify({ alg: "HS256", kid: "k1", typ: "at+jwt" });
      refused(mintText(key, other, JSON.stringify(claimsWith())), "algorithm_not_allowed");
    });

    test("is refused in another spelling of the same bytes", async () => {
      const token = await mint(key);
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      // 64 and 256 bytes leave four bits of the last character unused.
      const last = alphabet[alphabet.indexOf(token.at(-1)) | 1];
      assert.notEqual(last, token.at(-1));
      refused(token.slice(0, -1) + last, "token_malformed");
      refused(`${token}=`, "token_malformed");
      refused(` ${token}`, "token_malformed");
      refused(`${token}.`, "token_malformed");
      refused(`${token}\n`, "token_malformed");
    });

    test("is refused with a member twice, or with what is not strict JSON", () => {
      const payload = JSON.stringify(claimsWith());
      const twice = `{"sub":"admin",${payload.slice(1)}`;
      refused(mintText(key, headerText(key), twice), "token_malformed");
      refused(mintText(key, `{"kid":"k0",${headerText(key).slice(1)}`, payload), "token_malformed");
      refused(mintText(key, headerText(key), "[]"), "token_malformed");
      refused(mintText(key, headerText(key), `${payload}x`), "token_malformed");
      const critical = JSON.stringify({ ...JSON.parse(headerText(key)), crit: ["b64"], b64: false });
      refused(mintText(key, critical, payload), "critical_header_unsupported");
    });

    test("may carry `__proto__` as a claim like any other", () => {
      const payload = `{"__proto__":{"admin":true},${JSON.stringify(claimsWith()).slice(1)}`;
      const { claims } = verifier.verifySync(mintText(key, headerText(key), payload));
      assert.ok(Object.hasOwn(claims, "__proto__"));
      assert.equal(Object.getPrototypeOf(claims), Object.prototype);
      assert.equal(claims.admin, undefined);
      assert.equal({}.admin, undefined);
    });
  });
}

describe("a verifier", () => {
  let key, verifier;

  before(async () => {
    key = await makeKey("EdDSA", "k1");
    verifier = await createVerifier(optionsWith([key]));
  });

  test("refuses what is no token at all", async () => {
    const code = async (token) => (await verifier.verify(token).catch((error) => error)).code;
    assert.equal(await code(""), "token_missing");
    for (const token of [undefined, null, 7, {}, [], "a", ".", "..", "...", "\ud800.\ud800.\ud800"]) {
      assert.equal(await code(token), "token_malformed", String(token));
    }
    for (const length of [16385, 2 ** 20, 2 ** 24]) assert.equal(await code("a".repeat(length)), "token_too_large");
  });

  test("says what a token grants, for its own tokens only", async () => {
    const token = verifier.verifySync(await mint(key));
    assert.equal(verifier.can(token, "orders:read"), true);
    assert.equal(verifier.can(token, "orders:notes:write"), true);
    assert.equal(verifier.can(token, "orders:cancel"), false);
    assert.equal(verifier.can(token, "orders:notes"), false);
    const other = await createVerifier(optionsWith([key]));
    for (const foreign of [{ ...token }, structuredClone(token), null, "token", other.verifySync(await mint(key))]) {
      assert.throws(() => verifier.can(foreign, "orders:read"), TypeError);
    }
    assert.throws(() => verifier.can(token, 7), TypeError);
    for (const malformed of ["orders", "orders:*", "", "Orders:read", "a:b:"]) {
      assert.throws(() => verifier.can(token, malformed), { name: "LaikaError", code: "policy_invalid" });
    }
  });

  test("reads the time at every call, and accepts only a time", async () => {
    let now = NOW;
    const clocked = await createVerifier(optionsWith([key], { now: () => now }));
    const token = await mint(key);
    clocked.verifySync(token);
    now = NOW + 300;
    assert.throws(() => clocked.verifySync(token), { code: "expired" });
    for (now of [NaN, Infinity, -1, "1800000000", undefined, null, 2 ** 54, new Date()]) {
      assert.throws(() => clocked.verifySync(token), { name: "LaikaError", code: "options_invalid", message: /`now`/ });
      await assert.rejects(clocked.verify(token), { code: "options_invalid" });
    }
  });

  test("takes the system's time by default", async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const real = await createVerifier(optionsWith([key], { now: undefined }));
    assert.equal(real.verifySync(await mint(key, { iat: seconds, exp: seconds + 60 })).expiresAt, seconds + 60);
    assert.throws(() => real.verifySync(mintText(key, headerText(key), JSON.stringify(claimsWith({ iat: 0, exp: 1 })))), {
      code: "expired",
    });
  });

  test("counts", async () => {
    const counted = await createVerifier(optionsWith([key]));
    counted.verifySync(await mint(key));
    const stats = counted.stats();
    assert.ok(Object.isFrozen(stats));
    assert.equal(stats.keySetFetches, 0);
  });

  test("says so once it was freed", async () => {
    const freed = await createVerifier(optionsWith([key]));
    const token = await mint(key);
    const verified = freed.verifySync(token);
    freed.free();
    freed.free();
    const gone = { name: "LaikaError", message: /freed/ };
    assert.throws(() => freed.verifySync(token), gone);
    assert.throws(() => freed.authorizeSync(token, { method: "GET", path: "/" }), gone);
    assert.throws(() => freed.can(verified, "orders:read"), gone);
    assert.throws(() => freed.stats(), gone);
    await assert.rejects(freed.verify(token), gone);
    await assert.rejects(freed.refresh(), gone);
    const disposed = await createVerifier(optionsWith([key]));
    disposed[Symbol.dispose]();
    assert.throws(() => disposed.verifySync(token), gone);
    verifier.verifySync(token);
  });
});

describe("decodeUnverified", () => {
  test("shows what is written, and verifies nothing", async () => {
    const token = await mint(await makeKey("EdDSA", "k1"), { exp: 1 });
    const shown = decodeUnverified(token.slice(0, -4) + "AAAA");
    assert.deepEqual(shown, { header: { alg: "EdDSA", kid: "k1", typ: "at+jwt" }, claims: claimsWith({ exp: 1 }) });
    assert.ok(Object.isFrozen(shown.claims.aud));
  });

  test("refuses what is no token", () => {
    for (const token of ["", "a.b", "a.b.c", undefined, null, 7, {}]) {
      assert.throws(() => decodeUnverified(token), (error) => error instanceof LaikaError, String(token));
    }
    assert.throws(() => decodeUnverified("!.!.!"), { code: "token_malformed" });
  });
});
