// The way of tokens into the module's memory, and of their claims out of it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createVerifier, decodeUnverified } from "laika-verifier";
import { claimsWith, headerText, makeKey, mint, mintText, NOW, optionsWith } from "./tokens.mjs";

let memory;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    super(...given);
    memory = this.exports.memory;
  }
};

describe("claims cross as they were signed", () => {
  let key, other;

  before(async () => {
    [key, other] = [await makeKey("EdDSA", "k1"), await makeKey("EdDSA", "k2")];
  });
  after(() => {
    delete Object.prototype.permissions;
    delete Object.prototype.roles;
  });

  test("whatever they are written as", async () => {
    const verifier = await createVerifier(optionsWith([key]));
    const base = JSON.stringify(claimsWith()).slice(0, -1);
    for (const more of [
      "",
      ' , "space" : [ 1 , { } , [ ] ] ',
      ',"text":"\\u0061\\ud83d\\ude00\\"\\\\\\n","emoji":"😀é\u2028"',
      ',"numbers":[0,-0,-7,1.5,1e3,-2.5E-3,9007199254740993,999999999999999,1234567890123456789]',
      ',"__proto__":{"a":1},"constructor":null,"toString":true',
      ',"deep":[[[[[[[[[[[[[[{"a":[]}]]]]]]]]]]]]]]'.replace("[{", "{").replace("}]", "}"),
      `,${Array.from({ length: 90 }, (_, n) => `"m${n}":${n}`).join()}`,
    ]) {
      const payload = `${base}${more}}`;
      const verified = verifier.verifySync(mintText(key, headerText(key), payload));
      assert.deepEqual(verified.claims, JSON.parse(payload));
      assert.deepEqual(Object.keys(verified.claims), Object.keys(JSON.parse(payload)));
      assert.equal(verified.subject, claimsWith().sub);
      assert.equal(verified.expiresAt, NOW + 300);
      assert.deepEqual(verified.permissions, verified.claims.permissions);
    }
  });

  test("each with its own header, by turns, in verifiers at once", async () => {
    const both = await Promise.all([0, 1].map(() => createVerifier(optionsWith([key, other], { cache: false }))));
    for (let round = 0; round < 6; round++) {
      for (const verifier of both) {
        const signer = round % 3 === 0 ? other : key;
        const { header, claims } = verifier.verifySync(await mint(signer, { jti: `${round}` }));
        assert.deepEqual(header, { alg: "EdDSA", kid: signer.kid, typ: "at+jwt" });
        assert.equal(claims.jti, `${round}`);
      }
    }
  });

  test("and the number of a verifier that was freed brings nobody the tokens of another", async () => {
    const first = await createVerifier(optionsWith([key]));
    const second = await createVerifier(optionsWith([other]));
    const [ours, theirs] = [await mint(key), await mint(other)];
    assert.equal(first.verifySync(ours).header.kid, "k1");
    assert.equal(second.verifySync(theirs).header.kid, "k2");
    first.free();
    const third = await createVerifier(optionsWith([other]));
    assert.throws(() => third.verifySync(ours), { code: "key_not_found" });
    assert.throws(() => first.verifySync(ours), { code: "options_invalid" });
    assert.throws(() => second.verifySync(ours), { code: "key_not_found" });
    assert.equal(third.verifySync(theirs).header.kid, "k2");
    assert.deepEqual([second.stats().cacheMisses, third.stats().cacheMisses], [1, 1]);
  });

  test("longer than the first place for them, and short again", async () => {
    const verifier = await createVerifier(optionsWith([key], { maxTokenSize: 2 ** 20 }));
    for (const length of [10, 6000, 20_000, 700_000, 10, 300_000, 10]) {
      const { claims, header } = verifier.verifySync(await mint(key, { jti: "x".repeat(length) }));
      assert.equal(claims.jti.length, length);
      assert.equal(header.kid, "k1");
    }
    assert.throws(() => verifier.verifySync("x".repeat(2 ** 21)), { code: "token_too_large" });
    assert.throws(() => verifier.verifySync("é".repeat(100_000)), { code: "token_malformed" });
    assert.throws(() => verifier.verifySync("\ud800.e30.AA"), { code: "token_malformed" });
    assert.equal(verifier.verifySync(await mint(key)).subject, claimsWith().sub);
  });

  test("and no text is so long that the memory grows with it", async () => {
    const verifier = await createVerifier(optionsWith([key], { policy: { version: 1, rules: [] } }));
    const verified = verifier.verifySync(await mint(key));
    const long = "x".repeat(2 ** 25);
    assert.throws(() => decodeUnverified(long), { code: "token_too_large" });
    assert.throws(() => verifier.can(verified, `orders:${long}`), { code: "policy_invalid" });
    assert.throws(() => verifier.verifySync(long), { code: "token_too_large" });
    assert.equal(verifier.authorizeSync(undefined, { method: "GET", path: `/${long}` }).code, "request_invalid");
    assert.ok(memory.buffer.byteLength < 2 ** 25, `${memory.buffer.byteLength} bytes`);
  });

  test("mapped where the options say so", async () => {
    const changes = { permissionClaims: ["granted"], roleClaims: ["/in/side"] };
    const verifier = await createVerifier(optionsWith([key], {}, changes));
    const token = await mint(key, { granted: ["a:b"], in: { side: ["c"] } });
    const { permissions, roles, claims } = verifier.verifySync(token);
    assert.deepEqual([permissions, roles], [["a:b"], ["c"]]);
    assert.deepEqual(claims.permissions, claimsWith().permissions);
  });

  test("and what somebody has given to every object grants nothing", async () => {
    const verifier = await createVerifier(optionsWith([key]));
    const token = await mint(key, { permissions: undefined, roles: undefined });
    Object.prototype.permissions = ["*"];
    Object.prototype.roles = ["admin"];
    const { permissions, roles } = verifier.verifySync(token);
    assert.deepEqual([permissions, roles], [[], []]);
    assert.ok(Object.isFrozen(permissions) && Object.isFrozen(roles));
  });
});
