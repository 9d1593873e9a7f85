import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { startKeyServer } from "./key-server.mjs";
import { makeKey, mint } from "./tokens.mjs";

const root = new URL("../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const run = promisify(execFile);
/** The bundles, and their exports in a module of their own. */
const bundles = ["index", "slim"].flatMap((entry) => [".js", ".cjs", ".workerd.js", ".edge-light.js"].map((end) => entry + end));

test("the codes are those of Rust, in the same order", () => {
  const rust = read("../claims/src/code.rs");
  const list = rust.slice(rust.indexOf("    ErrorCode {"), rust.indexOf("    IssuerCode {"));
  const inRust = [...list.matchAll(/^ +\w+ = "(\w+)" =>/gm)].map(([, code]) => code);
  const here = [...read("src/code.ts").matchAll(/^ +\| "(\w+)";?$/gm)].map(([, code]) => code);
  assert.equal(inRust.length, 25);
  assert.deepEqual(here, inRust);
  const readme = read("README.md");
  const table = readme.slice(readme.indexOf("| code |"), readme.indexOf("## Licence"));
  assert.deepEqual([...table.matchAll(/`(\w+)`/g)].map(([, code]) => code).sort(), [...inRust].sort());
});

test("the schema of policies is the published one", () => {
  const schema = import.meta.resolve("laika-verifier/policy.schema.json");
  assert.equal(readFileSync(new URL(schema), "utf8"), read("../docs/schema/policy.json"));
});

test("the script round the module, with the generated bindings, stays within 6 kB", () => {
  const size = gzipSync(read("dist/index.workerd.js"), { level: 9 }).length;
  assert.ok(size <= 6 * 1024, `${size} bytes`);
});

test("no line is long: Node shows the whole one on which an error was thrown", () => {
  for (const bundle of bundles) {
    assert.ok(Math.max(...read(`dist/${bundle}`).split("\n").map((line) => line.length)) < 2000, bundle);
  }
});

test("after a trap nothing the module says counts any more", async () => {
  const key = await makeKey("EdDSA", "k1");
  const options = { issuers: { issuer: "https://id.example.com", audience: "orders", jwks: { keys: [key.jwk] } } };
  const script = `
    import { createVerifier } from "laika-verifier";
    const { Instance } = WebAssembly;
    let trapping = false;
    WebAssembly.Instance = function (...all) {
      const { exports } = new Instance(...all);
      const traps = (call) => (...all) => {
        if (trapping) throw new WebAssembly.RuntimeError("unreachable");
        return call(...all);
      };
      const calls = Object.entries(exports).filter(([, call]) => typeof call === "function");
      return { exports: { ...exports, ...Object.fromEntries(calls.map(([name, call]) => [name, traps(call)])) } };
    };
    const [token, options] = [${JSON.stringify(await mint(key))}, { ...${JSON.stringify(options)}, now: () => 1800000000 }];
    const verifier = await createVerifier(options);
    const other = await createVerifier(options);
    const ask = (which) => { try { return which.verifySync(token).issuer; } catch (error) { return error.name + ": " + error.message; } };
    console.log(ask(verifier));
    trapping = true;
    console.log(ask(verifier));
    trapping = false;
    console.log(ask(other));
    console.log(await createVerifier(options).catch(({ code }) => code));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: root });
  const failed = "LaikaError: the verifier failed: unreachable";
  assert.deepEqual(stdout.trimEnd().split("\n"), ["https://id.example.com", failed, failed, "options_invalid"]);
});

test("verifiers that were forgotten are let go of, those that were freed no second time", async () => {
  const key = await makeKey("EdDSA", "k1");
  const options = { issuers: { issuer: "https://id.example.com", audience: "orders", jwks: { keys: [key.jwk] } } };
  const script = `
    import { createVerifier } from "laika-verifier";
    const { Instance } = WebAssembly;
    const released = [];
    WebAssembly.Instance = function (...all) {
      const { exports } = new Instance(...all);
      return { exports: { ...exports, release: (number) => (released.push(number), exports.release(number)) } };
    };
    const [token, options] = [${JSON.stringify(await mint(key))}, { ...${JSON.stringify(options)}, now: () => 1800000000 }];
    const kept = await createVerifier(options);
    await (async () => { for (let n = 0; n < 20; n++) (await createVerifier(options)).verifySync(token); })();
    (await createVerifier(options)).free();
    const end = Date.now() + 20_000;
    while (new Set(released).size < 21 && Date.now() < end) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log(released.length, new Set(released).size, released.includes(0));
    console.log(kept.verifySync(token).issuer, (await createVerifier(options)).verifySync(token).issuer);`;
  const { stdout } = await run(process.execPath, ["--expose-gc", "--input-type=module", "--eval", script], { cwd: root });
  assert.deepEqual(stdout.trimEnd().split("\n"), ["21 21 false", "https://id.example.com https://id.example.com"]);
});

test("no bundle makes code of text, or looks for a file beside it", () => {
  for (const bundle of bundles) {
    const script = read(`dist/${bundle}`);
    assert.doesNotMatch(script, /\beval\b|new Function|import\.meta|new URL\(/, bundle);
  }
});

test("no bundle for an edge could compile at run time: the mere call site is refused there", () => {
  for (const bundle of bundles.filter((name) => /workerd|edge-light/.test(name))) {
    assert.doesNotMatch(read(`dist/${bundle}`), /WebAssembly\.(compile|instantiate)/, bundle);
  }
});

test("it runs where code can't be made of text", async () => {
  const { jwk, ...key } = await makeKey("EdDSA", "k1");
  const token = await mint(key);
  const options = { issuers: { issuer: "https://id.example.com", audience: "orders", jwks: { keys: [jwk] } } };
  const script = `
    import { createVerifier } from "laika-verifier";
    const verifier = await createVerifier({ ...${JSON.stringify(options)}, now: () => 1800000000 });
    console.log(verifier.verifySync("${token}").subject);
    try { new Function("return 1")(); } catch (error) { console.log(error.name); }`;
  const flags = ["--disallow-code-generation-from-strings", "--input-type=module"];
  const { stdout } = await run(process.execPath, [...flags, "--eval", script], { cwd: root });
  assert.match(stdout, /^[0-9a-f-]{36}\nEvalError\n$/);
});

test("where the module can't be compiled, that is said, and tried again", async () => {
  const script = `
    import { createVerifier, LaikaError } from "laika-verifier";
    const { compile } = WebAssembly;
    WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError("refused by policy"));
    const options = { issuers: { issuer: "i", audience: "a", jwksUri: "https://id.example.com/jwks" } };
    await createVerifier(options).catch((error) => console.log(error instanceof LaikaError, error.message));
    WebAssembly.compile = compile;
    console.log(typeof (await createVerifier(options)).verify);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: root });
  assert.equal(stdout, "true the verifier failed: refused by policy\nfunction\n");
});

test("every entry of the exports map runs", async () => {
  const key = await makeKey("RS256", "k1");
  const script = `
    import { createVerifier } from "laika-verifier";
    const options = { issuers: { issuer: "https://id.example.com", audience: "orders", jwks: { keys: [${JSON.stringify(key.jwk)}] } } };
    const verifier = await createVerifier({ ...options, now: () => 1800000000 });
    console.log(verifier.verifySync("${await mint(key)}").issuer);`;
  // Node adds its own condition; what comes before it in the map can be asked for by name.
  const conditions = { deno: "index.js", bun: "index.js", browser: "index.js" };
  const { exports } = JSON.parse(read("package.json"));
  for (const [condition, file] of Object.entries(conditions)) {
    const entry = exports["."][condition];
    const path = (entry.import ?? entry).default;
    assert.equal(path, `./dist/${file}`);
    const { stdout } = await run(
      process.execPath,
      ["--input-type=module", "--eval", script.replace('"laika-verifier"', JSON.stringify(new URL(path, root)))],
      { cwd: root },
    );
    assert.equal(stdout, "https://id.example.com\n", condition);
  }
});

test("the first example of the README works as it stands", async () => {
  const key = await makeKey("RS256", "k1");
  const server = await startKeyServer([key]);
  const seconds = Math.floor(Date.now() / 1000);
  const issuer = new URL(server.uri).origin;
  const times = { iss: issuer, iat: seconds, exp: seconds + 60 };
  const token = await mint(key, times);
  const blocks = [...read("README.md").matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
  assert.ok(blocks.length > 0);
  const code = blocks[0].replaceAll("https://id.example.com", issuer)
    .replace(".listen(8080)", ".listen(0, '127.0.0.1', function () { console.log(this.address().port); })");
  const example = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: fileURLToPath(root),
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [port] = await once(example.stdout, "data");
    const get = (path, headers) => fetch(`http://127.0.0.1:${Number(port)}${path}`, { headers });
    const allowed = await get("/orders", { authorization: `Bearer ${token}` });
    assert.deepEqual([allowed.status, await allowed.text()], [200, "hello laika"]);
    const without = await get("/orders");
    assert.deepEqual([without.status, without.headers.get("www-authenticate")], [401, "Bearer"]);
    const weak = await get("/orders", { authorization: `Bearer ${await mint(key, { ...times, permissions: [] })}` });
    assert.equal(weak.status, 403);
    assert.match(weak.headers.get("www-authenticate"), /insufficient_scope/);
  } finally {
    example.kill();
    await once(example, "exit");
    await server.stop();
  }
});
