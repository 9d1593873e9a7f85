// Tokens that come again: found by a few characters, and then compared whole.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { createVerifier } from "laika-verifier";
import { AUDIENCE, base64url, claimsWith, ISSUER, makeKey, mint, NOW, optionsWith } from "./tokens.mjs";

/** So many that two of them have one number, all but certainly: 2^30 there are. */
const MANY = 200_000;

describe("a token that comes again", () => {
  test("is the same object, and crosses as a number", async () => {
    const key = await makeKey("EdDSA", "k1");
    const verifier = await createVerifier(optionsWith([key]));
    const token = await mint(key);
    const first = verifier.verifySync(token);
    assert.equal(verifier.verifySync(`${token} `.trimEnd()), first);
    assert.equal(await verifier.verify(token), first);
    assert.deepEqual([verifier.stats().cacheHits, verifier.stats().cacheMisses], [2, 1]);
  });

  test("whatever ends as it does is not taken for it", async () => {
    const key = await makeKey("EdDSA", "k1");
    const verifier = await createVerifier(optionsWith([key]));
    const token = await mint(key);
    const [header, , signature] = token.split(".");
    const forged = [header, base64url(JSON.stringify(claimsWith({ sub: "admin" }))), signature].join(".");
    for (let round = 0; round < 3; round++) {
      assert.equal(verifier.verifySync(token).subject, claimsWith().sub);
      assert.throws(() => verifier.verifySync(forged), { code: "signature_invalid" });
      assert.throws(() => verifier.verifySync(signature.slice(-8)), { code: "token_malformed" });
      assert.throws(() => verifier.verifySync(`x${token}`), { name: "LaikaError" });
    }
  });

  test("nor is another good one of the same number", async () => {
    const secret = Buffer.alloc(32, 7);
    const sign = (sub) => {
      const text = ['{"alg":"HS256","typ":"at+jwt"}', JSON.stringify(claimsWith({ sub: `${sub}` }))].map(base64url).join(".");
      return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
    };
    // As `numberOf` in `src/tokens.ts`.
    const numberOf = (text) => [...text.slice(-8)].reduce((number, unit) => (Math.imul(number, 31) + unit.charCodeAt(0)) & (2 ** 30 - 1), 0);
    const seen = new Map();
    let twins;
    for (let n = 0; n < MANY && !twins; n++) {
      const number = numberOf(sign(n));
      if (seen.has(number)) twins = [seen.get(number), n];
      seen.set(number, n);
    }
    const verifier = await createVerifier({ issuers: { issuer: ISSUER, audience: AUDIENCE, secret: new Uint8Array(secret) }, now: () => NOW });
    for (let round = 0; round < 4; round++) {
      for (const sub of twins) assert.equal(verifier.verifySync(sign(sub)).subject, `${sub}`);
    }
  });

  test("is found again after many others, and forgotten with them", async () => {
    const key = await makeKey("EdDSA", "k1");
    const verifier = await createVerifier(optionsWith([key], { cache: { maxBytes: 64 * 1024 } }));
    const token = await mint(key);
    const first = verifier.verifySync(token);
    for (let n = 0; n < 40; n++) {
      verifier.verifySync(await mint(key, { jti: `${n}` }));
      assert.equal(verifier.verifySync(token), first);
    }
    for (let n = 0; n < 80; n++) verifier.verifySync(await mint(key, { jti: `after ${n}` }));
    assert.notEqual(verifier.verifySync(token), first);
    assert.deepEqual(verifier.verifySync(token), first);
  });
});
