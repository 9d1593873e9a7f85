const assert = require("node:assert/strict");
const { test } = require("node:test");
const { createVerifier, decodeUnverified, LaikaError } = require("laika-verifier");

test("require and import give the same", async () => {
  const imported = await import("laika-verifier");
  assert.equal(imported.LaikaError, LaikaError);
  assert.deepEqual(Object.keys(imported).sort(), ["LaikaError", "createVerifier", "decodeUnverified"]);
  assert.deepEqual(Object.keys(require("laika-verifier")).sort(), ["LaikaError", "createVerifier", "decodeUnverified"]);
});

test("a token is verified after require", async () => {
  const { claimsWith, makeKey, mint, NOW, optionsWith } = await import("./tokens.mjs");
  const key = await makeKey("RS256", "k1");
  const token = await mint(key);
  // Before any verifier there is: the module compiles here.
  assert.deepEqual(decodeUnverified(token).claims, claimsWith());
  const verifier = await createVerifier(optionsWith([key]));
  assert.equal(verifier.verifySync(token).expiresAt, NOW + 300);
  const forged = token.slice(0, -8) + "AAAAAAAA";
  assert.throws(() => verifier.verifySync(forged), (error) => error instanceof LaikaError);
});
