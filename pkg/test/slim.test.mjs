import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { createRequire } from "node:module";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { ISSUER, makeKey, mint, NOW, optionsWith } from "./tokens.mjs";

const root = new URL("../", import.meta.url);
const file = createRequire(import.meta.url).resolve("laika-verifier/laika-verifier.wasm");
const run = promisify(execFile);

describe("slim", () => {
  let bytes, key, token, options;

  before(async () => {
    bytes = await readFile(file);
    key = await makeKey("EdDSA", "k1");
    token = await mint(key);
    options = JSON.stringify({ issuers: optionsWith([key]).issuers });
  });

  /** What `body` logs in a process of its own, for a module is loaded once in a process. */
  const logged = async (body) => {
    const script = `
      import { readFile } from "node:fs/promises";
      import { createVerifier, decodeUnverified, LaikaError, loadModule } from "laika-verifier/slim";
      const bytes = await readFile(${JSON.stringify(file)});
      const options = { ...${options}, now: () => ${NOW} };
      const token = "${token}";
      const issuer = async () => (await createVerifier(options)).verifySync(token).issuer;
      const told = (error) => error instanceof LaikaError ? error.code + ": " + error.message : "not ours: " + error;
      ${body}`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: root });
    return stdout.trimEnd().split("\n");
  };

  test("takes bytes, a module, an answer, and promises of them", async () => {
    const sources = ["bytes", "bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)", "new WebAssembly.Module(bytes)",
      "WebAssembly.compile(bytes)", "Promise.resolve(bytes)", "new Response(bytes)", "Promise.resolve(new Response(bytes))"];
    for (const source of sources) {
      assert.deepEqual(await logged(`await loadModule(${source}); console.log(await issuer())`), [ISSUER], source);
    }
  });

  test("is of no use before the module is there, and says what to do", async () => {
    const answers = await logged(`
      console.log(await createVerifier(options).catch(told));
      try { decodeUnverified(token); } catch (error) { console.log(told(error)); }
      await loadModule(bytes);
      console.log(await issuer(), decodeUnverified(token).claims.iss);`);
    const missing = "options_invalid: no WebAssembly module yet: first `await loadModule(...)`";
    assert.deepEqual(answers, [missing, missing, `${ISSUER} ${ISSUER}`]);
  });

  test("loads once: later sources are not looked at", async () => {
    const answers = await logged(`
      const first = loadModule(bytes);
      await Promise.all([first, loadModule(new Uint8Array(3)), loadModule(Promise.reject(new Error("not heard of")))]);
      await loadModule(undefined);
      console.log(await issuer());`);
    assert.deepEqual(answers, [ISSUER]);
  });

  test("refuses what is not the module of this build, and then takes the right one", async () => {
    // No module at all, an empty one, this one without its mark, and with the mark of another build.
    const answers = await logged(`
      const marks = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), "laika-verifier");
      const other = Buffer.from(bytes);
      other[other.length - 1] ^= 1;
      const failing = async () => { throw new Error("no network"); };
      const sources = [new Uint8Array(8), Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0), bytes.subarray(0, -60), other, 7, null,
        new Response("", { status: 404 })];
      console.log(marks.length);
      for (const source of sources) console.log(await loadModule(source).catch(told));
      console.log(await loadModule(failing()).catch(told));
      await loadModule(bytes);
      console.log(await issuer());`);
    const [marks, ...outcomes] = answers;
    assert.equal(marks, "1");
    assert.equal(outcomes.pop(), ISSUER);
    assert.equal(outcomes.length, 8);
    for (const outcome of outcomes) assert.match(outcome, /^options_invalid: /);
    for (const outcome of outcomes.slice(1, 4)) assert.match(outcome, /not the `laika-verifier.wasm` of this version/);
    assert.match(outcomes[6], /status 404/);
    assert.match(outcomes[7], /no network/);
  });

  describe("by URL", () => {
    let server, origin;

    before(async () => {
      server = createServer(({ url }, response) => {
        if (url !== "/module") return response.writeHead(404).end();
        // Not `application/wasm`: how a server labels the file does not matter.
        response.writeHead(200, { "content-type": "application/octet-stream" }).end(bytes);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      origin = `http://127.0.0.1:${server.address().port}`;
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });

    test("fetches", async () => {
      assert.deepEqual(await logged(`await loadModule("${origin}/module"); console.log(await issuer())`), [ISSUER]);
      assert.deepEqual(await logged(`await loadModule(new URL("${origin}/module")); console.log(await issuer())`), [ISSUER]);
      assert.deepEqual(await logged(`await loadModule(fetch("${origin}/module")); console.log(await issuer())`), [ISSUER]);
    });

    test("says what went wrong, and may be tried again", async () => {
      const answers = await logged(`
        console.log(await loadModule("${origin}/elsewhere").catch(told));
        await loadModule("${origin}/module");
        console.log(await issuer());`);
      assert.match(answers[0], /^options_invalid: .*elsewhere answered with status 404$/);
      assert.equal(answers[1], ISSUER);
    });
  });

  test("`import` and `require` share one module", async () => {
    const answers = await logged(`
      import { createRequire } from "node:module";
      const required = createRequire(${JSON.stringify(import.meta.url)})("laika-verifier/slim");
      await required.loadModule(bytes);
      console.log(await issuer(), required.LaikaError === LaikaError);`);
    assert.deepEqual(answers, [`${ISSUER} true`]);
  });
});
