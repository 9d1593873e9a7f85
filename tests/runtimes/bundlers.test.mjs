// What bundlers make of the package: without a warning, and it runs, in Chromium under a strict
// Content-Security-Policy and in Node.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build as esbuild } from "esbuild";
import { build as vite, createLogger, createServer as viteServer } from "vite";
import webpack from "webpack";
import { openChromium } from "./chromium.mjs";
import { EXPORTED, freshProject, importing } from "./project.mjs";
import { setScene } from "./scene.mjs";

/** A page's script; `load` is how the bundler at hand finds the module's URL. */
const page = (entry, load = "") => `
import * as laika from "${entry}";
import { program } from "./program.mjs";
import scene from "./scene.mjs";
${load}
globalThis.outcome = program(laika, scene);
`;
const slim = (url) => page("laika-verifier/slim", `${url}\nawait laika.loadModule(url);`);
const imported = (query) => `import url from "laika-verifier/laika-verifier.wasm${query}";`;

const FILES = {
  "index.html": '<!doctype html><title>laika</title><script type="module" src="/main.mjs"></script>',
  "main.mjs": page("laika-verifier"),
  "slim-vite/index.html": '<!doctype html><title>laika</title><script type="module" src="/slim-vite.mjs"></script>',
  "slim-vite.mjs": slim(imported("?url")),
  "slim-esbuild.mjs": slim(`${imported("")}`),
  "slim-webpack.mjs": slim('const url = new URL("laika-verifier/laika-verifier.wasm", import.meta.url);'),
  "node.mjs": `
import * as laika from "laika-verifier";
import { program } from "./program.mjs";
import scene from "./scene.mjs";
program(laika, scene).then((seen) => console.log(JSON.stringify(seen)));
`,
};

let set, project, chromium;

before(async () => {
  set = await setScene();
  project = await freshProject(set.scene, FILES);
  await project.write("entries.mjs", `${importing(project.entries)}\nglobalThis.outcome = names;\n`);
  await project.write("entries/index.html", '<!doctype html><title>laika</title><script type="module" src="/entries.mjs"></script>');
  chromium = await openChromium(set.origin);
});
after(async () => {
  set?.stop();
  await chromium?.close();
  await project?.remove();
});

/** What the page in `folder` says, its script being `main.js` unless it has a page of its own. */
const runsIn = async (folder, path, expected = set.expected) =>
  assert.deepEqual(await chromium.outcomeOf(project.path(folder), path), expected);

describe("esbuild", () => {
  const bundle = async (file, settings) => {
    const { errors, warnings } = await esbuild({
      entryPoints: [project.path(file)],
      bundle: true,
      minify: true,
      logLevel: "silent",
      ...settings,
    });
    assert.deepEqual([errors, warnings], [[], []]);
  };

  test("for browsers", async () => {
    await bundle("main.mjs", { format: "esm", outfile: project.path("esbuild/main.js") });
    await runsIn("esbuild");
  });

  test("for browsers, slim, the module as a file", async () => {
    const outfile = project.path("esbuild-slim/main.js");
    await bundle("slim-esbuild.mjs", { format: "esm", outfile, publicPath: "/", loader: { ".wasm": "file" } });
    await runsIn("esbuild-slim");
  });

  test("every entry together", async () => {
    await bundle("entries.mjs", { format: "esm", outfile: project.path("esbuild-entries/main.js") });
    await runsIn("esbuild-entries", "/", EXPORTED);
  });

  for (const format of ["esm", "cjs"]) {
    test(`for Node, ${format}`, async () => {
      // In a folder of its own: the bundle must need nothing else.
      const folder = await mkdtemp(join(tmpdir(), "laika-bundle-"));
      try {
        const outfile = join(folder, format === "esm" ? "bundle.mjs" : "bundle.cjs");
        await bundle("node.mjs", { platform: "node", format, outfile });
        assert.deepEqual(JSON.parse(await project.run(process.execPath, [outfile])), set.expected);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});

describe("Vite", () => {
  /** Settings, and the warnings that were heard. */
  const quiet = (settings) => {
    const warnings = [];
    const customLogger = { ...createLogger("silent"), warn: (text) => warnings.push(text), warnOnce: (text) => warnings.push(text) };
    return [{ root: project.folder, configFile: false, logLevel: "silent", customLogger, ...settings }, warnings];
  };
  const built = async (input, outDir, mode) => {
    // The main entry holds the module: its size is no news.
    const build = { outDir, emptyOutDir: true, rollupOptions: { input: project.path(input) }, chunkSizeWarningLimit: 2000, target: "es2022" };
    const [settings, warnings] = quiet({ mode, build });
    await vite(settings);
    assert.deepEqual(warnings, []);
  };

  for (const mode of ["production", "development"]) {
    test(`built for ${mode}`, async () => {
      await built("index.html", `vite-${mode}`, mode);
      await runsIn(`vite-${mode}`);
    });
  }

  test("built, slim, the module as a file", async () => {
    await built("slim-vite/index.html", "vite-slim", "production");
    await runsIn("vite-slim", "/slim-vite/");
  });

  test("every entry together", async () => {
    await built("entries/index.html", "vite-entries", "production");
    await runsIn("vite-entries", "/entries/", EXPORTED);
  });

  for (const path of ["/", "/slim-vite/"]) {
    test(`served while developing, ${path}`, async () => {
      const server = { host: "127.0.0.1", port: 0, headers: { "content-security-policy": chromium.policy("ws://127.0.0.1:*") } };
      const [settings, warnings] = quiet({ server, cacheDir: project.path(".vite") });
      const serving = await viteServer(settings);
      try {
        await serving.listen();
        const origin = `http://127.0.0.1:${serving.httpServer.address().port}`;
        assert.deepEqual(await chromium.outcomeAt(`${origin}${path}`), set.expected);
        assert.deepEqual(warnings, []);
      } finally {
        await serving.close();
      }
    });
  }
});

describe("webpack", () => {
  const bundle = async (file, folder) => {
    const compiler = webpack({
      mode: "production",
      context: project.folder,
      entry: `./${file}`,
      output: { path: project.path(folder), filename: "main.js", publicPath: "/" },
      // The main entry holds the module: its size is no news.
      performance: { hints: false },
    });
    const stats = await new Promise((resolve, reject) => compiler.run((error, stats) => (error ? reject(error) : resolve(stats))));
    await new Promise((resolve) => compiler.close(resolve));
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    assert.deepEqual([errors, warnings], [[], []]);
  };

  test("for browsers", async () => {
    await bundle("main.mjs", "webpack");
    await runsIn("webpack");
  });

  test("for browsers, slim, the module as a file", async () => {
    await bundle("slim-webpack.mjs", "webpack-slim");
    await runsIn("webpack-slim");
  });

  test("every entry together", async () => {
    await bundle("entries.mjs", "webpack-entries");
    await runsIn("webpack-entries", "/", EXPORTED);
  });
});

test("the files as they are, without a bundler", async () => {
  const files = "/node_modules/laika-verifier/dist";
  await project.write("plain/index.mjs", page(`${files}/index.js`).replaceAll('"./', '"/'));
  await project.write("plain/slim.mjs", page(`${files}/slim.js`, `await laika.loadModule("${files}/laika-verifier.wasm");`).replaceAll('"./', '"/'));
  for (const file of ["index", "slim"]) {
    await project.write(`plain/${file}.html`, `<!doctype html><title>laika</title><script type="module" src="/plain/${file}.mjs"></script>`);
    await runsIn(".", `/plain/${file}.html`);
  }
});

test("a policy without 'wasm-unsafe-eval' is reported as what it is", async () => {
  await project.write("refused/main.js", `
import { createVerifier } from "/node_modules/laika-verifier/dist/index.js";
const told = ({ name, code, message }) => ({ name, code, message });
globalThis.outcome = createVerifier({ issuers: { issuer: "i", audience: "a", jwks: { keys: [] } } }).catch(told);`);
  await project.write("refused/index.html", '<!doctype html><title>laika</title><script type="module" src="/refused/main.js"></script>');
  const { name, code, message } = await chromium.outcomeOf(project.folder, "/refused/index.html?strict");
  assert.deepEqual([name, code], ["LaikaError", "options_invalid"]);
  assert.match(message, /unsafe-eval|Content Security Policy/);
});
