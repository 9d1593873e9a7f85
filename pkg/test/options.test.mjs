import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, test } from "node:test";
import { createVerifier, LaikaError } from "laika-verifier";
import { ISSUER, makeKey, mint, optionsWith } from "./tokens.mjs";

describe("options", () => {
  let key;

  before(async () => {
    key = await makeKey("EdDSA", "k1");
  });

  /** They are refused, by an error with this code whose message matches. */
  const refused = async (options, message, code = "options_invalid") => {
    await assert.rejects(createVerifier(options), (error) => {
      assert.ok(error instanceof LaikaError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    });
  };
  const withIssuer = (changes) => optionsWith([key], {}, changes);

  test("must be an object", async () => {
    for (const options of [undefined, null, "options", 7]) await refused(options, /options/);
    await refused([], /issuers/);
  });

  test("that nobody knows are refused, wherever they stand", async () => {
    await refused(optionsWith([key], { clockTolerence: 5 }), /clockTolerence/);
    await refused(optionsWith([key], { clock_tolerance: 5 }), /camelCase/);
    await refused(optionsWith([key], { __proto__: null, unknown: undefined }), /unknown/);
    await refused(withIssuer({ audiences: ["orders"] }), /audiences/);
    await refused(withIssuer({ jwks_uri: "https://id.example.com/jwks" }), /camelCase/);
    await refused(optionsWith([key], { cache: { maxbytes: 5 } }), /`cache\.maxbytes`: unknown field `maxbytes`, expected one of `maxBytes`/);
    await refused(optionsWith([key], { cache: { max_bytes: 5 } }), /`max_bytes`.*camelCase/);
    await refused(optionsWith([key], { ClockSkew: 5 }), /`ClockSkew`: unknown field `ClockSkew`/);
    for (const permission of [[], undefined]) {
      await refused(withIssuer({ mayAssert: { permission } }), /^`issuers\.mayAssert\.permission`: unknown field/);
    }
    await refused(withIssuer({ mayAssert: { may_be: [] } }), /`may_be`.*camelCase/);
  });

  test("that are missing or wrong are named as JavaScript writes them", async () => {
    await refused({}, /issuers/);
    await refused({ issuers: [] }, /issuers/);
    await refused(withIssuer({ issuer: undefined }), /issuer/);
    await refused(withIssuer({ audience: undefined }), /audience/);
    await refused(withIssuer({ audience: [] }), /audience/);
    await refused(withIssuer({ jwks: undefined }), /^`issuers`: .*`jwks`, `jwksUri`/);
    await refused(withIssuer({ maxTokenAge: 0 }), /^`issuers\.maxTokenAge`: /);
    await refused(withIssuer({ jwksUri: "https://id.example.com/jwks" }), /jwksUri/);
    await refused(withIssuer({ jwks: undefined, jwksUri: "http://id.example.com/jwks" }), /jwksUri|insecureHttp/);
    await refused(withIssuer({ jwks: { keys: [key.jwk, key.jwk] } }), /kid|k1/);
    await refused(optionsWith([key], { clockTolerance: -1 }), /clockTolerance/);
    await refused(optionsWith([key], { clockSkew: "60" }), /clockSkew/);
    await refused(optionsWith([key], { maxTokenSize: 1.5 }), /maxTokenSize/);
    await refused(optionsWith([key], { maxTokenSize: 0 }), /maxTokenSize/);
    await refused(optionsWith([key], { clockTolerance: NaN }), /`clockTolerance`/);
    await refused(optionsWith([key], { issuers: [{ ...withIssuer().issuers, maxTokenAge: Infinity }] }), /`issuers\[0\].maxTokenAge`/);
    for (const value of [null, 7, "now", {}]) {
      await refused(optionsWith([key], { now: value }), /`now`/);
      await refused(optionsWith([key], { fetch: value }), /`fetch`/);
    }
  });

  test("are named so, and all else as it was written", async () => {
    const jwk = { ...key.jwk, key_ops: ["sign"] };
    await refused(withIssuer({ jwks: { keys: [jwk] } }), /^`issuers\.jwks`: .*`key_ops`.*`verify`/);
    const named = { ...key.jwk, kid: "my_key" };
    await refused(withIssuer({ jwks: { keys: [named, named] } }), /`kid` `my_key`/);
    await refused(withIssuer({ profile: "key_cloak" }), /^`issuers\.profile`: .*key_cloak/);
    await refused(withIssuer({ mayAssert: { someThing: [] } }), /^`issuers\.mayAssert\.someThing`: unknown field `someThing`/);
    await refused(withIssuer({ mayAssert: { permissions: ["my_orders"] } }), /^`issuers\.mayAssert\.permissions\[0\]`: `my_orders`/);
    await refused(withIssuer({ someThing: 1 }), /^`issuers\.someThing`: unknown field `someThing`, expected one of .*`maxTokenAge`/);
    await refused(optionsWith([key], { issuers: [{ ...withIssuer().issuers, someThing: 1 }] }), /^`issuers\[0\]\.someThing`: unknown field `someThing`/);
    await refused(optionsWith([key], { cache: true }), /`maxBytes`/);
    await refused(withIssuer({ jwks: undefined, jwksUri: "http://id.example.com/jwks" }), /`insecureHttp`/);
  });

  test("name a secret by its bytes", async () => {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    await createVerifier(withIssuer({ jwks: undefined, secret }));
    for (const wrong of ["A".repeat(43), [...secret], { bytes: "AAAA" }, 7]) {
      await refused(withIssuer({ jwks: undefined, secret: wrong }), /Uint8Array/);
    }
    await refused(withIssuer({ jwks: undefined, publicKey: secret }), /`issuers\.publicKey`/);
  });

  test("with a policy that does not compile say where and why", async () => {
    const rule = { id: "list", path: "/orders", require: "orders:read" };
    const wrong = [
      [{ version: 1, rules: [{ ...rule, requires: "x:y" }] }, /rules\[0\]/],
      [{ version: 1, rules: [rule, { ...rule, id: "again" }] }, /list.*again|again.*list/s],
      [{ version: 2, rules: [] }, /version/],
      ["{", /./],
      [7, /policy/],
      [{ version: 1, rules: [{ ...rule, some_thing: 1 }] }, /`policy\.rules\[0\]\.some_thing`: unknown field `some_thing`/],
    ];
    for (const [policy, message] of wrong) await refused(optionsWith([key], { policy }), message, "policy_invalid");
  });

  test("that contain themselves, or have no end, are refused before they are read", async () => {
    const cyclic = { version: 1 };
    cyclic.rules = [cyclic];
    await refused(optionsWith([key], { policy: cyclic }), /nested/);
    let deep = {};
    for (let level = 0; level < 5000; level++) deep = { deep };
    await refused(optionsWith([key], { policy: deep }), /nested/);
    await refused(optionsWith([key], { policy: "[".repeat(100_000) }), /./, "policy_invalid");
    (await createVerifier(optionsWith([key]))).verifySync(await mint(key));
  });

  test("are read once: what is changed later has no effect", async () => {
    const options = optionsWith([key]);
    const verifier = await createVerifier(options);
    options.issuers.issuer = "https://evil.example.com";
    options.issuers.jwks.keys.length = 0;
    assert.equal(verifier.verifySync(await mint(key)).issuer, ISSUER);
  });

  test("are to have every name that messages change", async () => {
    const rust = (file) => readFile(new URL(`../../verifier/src/options/${file}`, import.meta.url), "utf8");
    const [all, issuer] = await Promise.all(["mod.rs", "issuer.rs"].map(rust));
    const lists = [...all.matchAll(/MEMBERS[^=]+=\s+\[([^\]]+)/g), ...issuer.matchAll(/MEMBERS[^=]+=\s+\[([^\]]+)/g)];
    const names = ["max_bytes", ...lists.flatMap(([, list]) => list.match(/\w+/g))];
    assert.equal(lists.length, 2);
    const text = await readFile(new URL("../src/options-text.ts", import.meta.url), "utf8");
    const [, known] = /\^`.*\|(`\(.*\)`)\/g;/.exec(text);
    for (const name of names.filter((name) => name.includes("_"))) assert.match(`\`${name}\``, new RegExp(`^${known}$`), name);
  });

  test("may hold what is undefined, as JSON leaves it out, in policies and keys", async () => {
    const rule = { id: "list", host: undefined, methods: undefined, path: "/orders", require: "orders:read" };
    const policy = { version: 1, rules: [rule], otherwise: undefined, case: undefined };
    const jwk = { ...key.jwk, use: undefined, key_ops: undefined };
    const mayAssert = { permissions: ["orders:*"], roles: undefined };
    const verifier = await createVerifier(optionsWith([{ jwk }], { policy }, { mayAssert }));
    assert.equal(verifier.authorizeSync(await mint(key), { method: "GET", path: "/orders" }).rule, "list");
  });

  test("may be left undefined", async () => {
    const verifier = await createVerifier(optionsWith([key], { policy: undefined, fetch: undefined, clockSkew: undefined }));
    verifier.verifySync(await mint(key));
  });
});
