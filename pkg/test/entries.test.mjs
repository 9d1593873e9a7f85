// The entries besides the main one: what they load, what they cost, what they bring along.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const require = createRequire(import.meta.url);
const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
/** Entries with their exports, and the largest size, compressed, in bytes. */
const ENTRIES = {
  "middleware/express": [["protect"], 3 * 1024],
  "middleware/fastify": [["protect"], 3 * 1024],
  "middleware/hono": [["protect"], 3 * 1024],
  worker: [["protect"], 3.5 * 1024],
  client: [["SessionError", "createSession"], 4_250],
};

test("each stays within its budget", () => {
  for (const [entry, [, budget]] of Object.entries(ENTRIES)) {
    const size = gzipSync(read(`dist/${entry}.js`), { level: 9 }).length;
    assert.ok(size <= budget, `${entry}: ${size} bytes`);
  }
});

test("each can be imported and required, and says what the other says", async () => {
  for (const [entry, [names]] of Object.entries(ENTRIES)) {
    const imported = await import(`laika-verifier/${entry}`);
    assert.deepEqual(Object.keys(imported).sort(), names, entry);
    assert.deepEqual(Object.keys(require(`laika-verifier/${entry}`)).sort(), names, entry);
  }
});

test("none needs `URL.canParse`, which is younger than the oldest browsers that are named", () => {
  const { canParse } = URL;
  delete URL.canParse;
  try {
    const { createSession } = require("laika-verifier/client");
    createSession({ issuer: "https://id.example.com", apis: { "https://api.example.com": "orders" } }).close();
    for (const issuer of ["id.example.com", new URL("https://id.example.com"), 7]) {
      assert.throws(() => createSession({ issuer }), { code: "options_invalid" });
    }
    const verifier = { authorize() {} };
    for (const entry of ["middleware/express", "middleware/fastify", "middleware/hono"]) {
      const { protect } = require(`laika-verifier/${entry}`);
      protect({ verifier, cookieOrigins: ["https://app.example.com"] });
      assert.throws(() => protect({ verifier, cookieOrigins: ["app.example.com"] }), { code: "options_invalid" });
    }
  } finally {
    URL.canParse = canParse;
  }
});

test("an error of middleware is an error of the package", () => {
  const { LaikaError } = require("laika-verifier");
  for (const entry of ["middleware/express", "middleware/fastify", "middleware/hono"]) {
    assert.throws(() => require(`laika-verifier/${entry}`).protect({ verifier: 7 }), LaikaError, entry);
  }
});

test("none brings a framework along, and the client brings nothing, not even the module", () => {
  for (const entry of Object.keys(ENTRIES)) {
    const imports = (text) => [...new Set([...text.matchAll(/(?:from|import|require\()\s*"([^"]+)"/g)].map(([, name]) => name))];
    const wanted = entry === "client" ? [] : ["laika-verifier"];
    assert.deepEqual(imports(read(`dist/${entry}.js`)), wanted, entry);
    assert.deepEqual(imports(read(`dist/${entry}.cjs`)), wanted, entry);
  }
  assert.doesNotMatch(read("dist/client.js"), /WebAssembly|localStorage|sessionStorage|Math\.random/);
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(read("package.json"));
  assert.equal(dependencies, undefined);
  for (const name of Object.keys(peerDependencies)) assert.equal(peerDependenciesMeta[name].optional, true, name);
});

test("types come first in every export", () => {
  const first = (conditions, at) => {
    if (typeof conditions === "string") return;
    const names = Object.keys(conditions);
    if (names.includes("types")) assert.equal(names[0], "types", at);
    for (const name of names) first(conditions[name], `${at} ${name}`);
  };
  const { exports } = JSON.parse(read("package.json"));
  for (const entry of Object.keys(ENTRIES)) {
    assert.ok(exports[`./${entry}`].import.types && exports[`./${entry}`].require.types, entry);
    first(exports[`./${entry}`], entry);
  }
});

test("the client's words for refusals are words of the issuer", () => {
  const rust = read("../claims/src/code.rs");
  const words = new Set([...rust.slice(rust.indexOf("    IssuerCode {")).matchAll(/^ +\w+ = "(\w+)" =>/gm)].map(([, word]) => word));
  const source = read("src/client/error.ts");
  const union = source.slice(source.indexOf("export type IssuerErrorCode"), source.indexOf(";", source.indexOf("export type IssuerErrorCode")));
  const here = [...union.matchAll(/"(\w+)"/g)].map(([, word]) => word);
  assert.ok(here.length > 10);
  for (const word of here) assert.ok(words.has(word), word);
});
