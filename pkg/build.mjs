// Builds `dist/` round the WebAssembly module that `cargo xtask build` put into `dist/wasm/`.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const wasm = join(dist, "wasm", "laika_verifier_wasm_bg.wasm");

/** Entries round the package's own main entry, which they import where they need it. */
const around = ["middleware/express", "middleware/fastify", "middleware/hono", "worker", "client"];

for (const file of [wasm, join(dist, "wasm", "laika_verifier_wasm.d.ts")]) {
  if (!existsSync(file)) {
    console.error(`pkg: ${file} is missing: run \`cargo xtask build\`, which compiles it`);
    process.exit(1);
  }
}
for (const name of readdirSync(dist)) {
  if (name !== "wasm") rmSync(join(dist, name), { recursive: true });
}
const mark = createHash("sha256").update(readFileSync(wasm)).digest("base64url");
writeFileSync(join(dist, "laika-verifier.wasm"), marked(readFileSync(wasm), mark));
copyFileSync(join(here, "..", "docs", "schema", "policy.json"), join(dist, "policy.schema.json"));
await bundles();
declarations();

/** One bundle per runtime and per way of getting the module. */
async function bundles() {
  for (const [entry, source] of [["index", "inline"], ["slim", "given"]]) {
    await bundle(entry, `${entry}.js`, { host: "anywhere", source });
    await bundle(entry, `${entry}.cjs`, { host: "anywhere", source, format: "cjs" });
  }
  for (const host of ["workerd", "edge-light"]) {
    await bundle("index", `index.${host}.js`, { host, source: host });
    await bundle("slim", `slim.${host}.js`, { host, source: "given" });
  }
  for (const entry of around) {
    await bundle(entry, `${entry}.js`, {});
    await bundle(entry, `${entry}.cjs`, { format: "cjs" });
  }
  shared("index", ["createVerifier", "decodeUnverified", "LaikaError"]);
  shared("slim", ["createVerifier", "decodeUnverified", "LaikaError", "loadModule"]);
}

/** In Node, `import` and `require` share one instance: one `LaikaError`, one compiled module. */
function shared(entry, names) {
  const text = `import laika from "./${entry}.cjs";\nexport const { ${names.join(", ")} } = laika;\n`;
  writeFileSync(join(dist, `${entry}.node.js`), text);
}

function bundle(entry, file, { host = "anywhere", source = "inline", format = "esm" }) {
  return build({
    entryPoints: [join(here, "src", `${entry}.ts`)],
    outfile: join(dist, file),
    bundle: true,
    format,
    platform: "neutral",
    target: "es2022",
    minify: true,
    // Node shows the whole line on which an error was thrown.
    lineLimit: 400,
    legalComments: "none",
    logLevel: "warning",
    // What status lists need and this runtime lacks.
    inject: host === "edge-light" ? [join(here, "src", "host", "decompression-stream.ts")] : [],
    alias: { "#host": join(here, "src", "host", `${host}.ts`), "#source": join(here, "src", "source", `${source}.ts`) },
    external: ["*.wasm", "*.wasm?module", "cloudflare:workers", "laika-verifier"],
    plugins: [texts()],
  });
}

/** `#wasm-base64`, the module as text, and `#wasm-mark`, what tells it from any other. */
function texts() {
  return {
    name: "wasm-texts",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^#wasm-/ }, ({ path }) => ({ path, namespace: "wasm" }));
      onLoad({ filter: /base64$/, namespace: "wasm" }, () => ({ contents: readFileSync(wasm), loader: "base64" }));
      onLoad({ filter: /mark$/, namespace: "wasm" }, () => ({ contents: mark, loader: "text" }));
    },
  };
}

/** `bytes` and a custom section `laika-verifier` that holds `text`, shorter than 100 letters. */
function marked(bytes, text) {
  const name = Buffer.from("laika-verifier");
  return Buffer.concat([bytes, Buffer.from([0, 1 + name.length + text.length, name.length]), name, Buffer.from(text)]);
}

/** `.d.ts` of what the entries reach, and the same as `.d.cts`. */
function declarations() {
  const types = join(dist, "types");
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", here], { stdio: "inherit" });
  const waiting = ["index", "slim", ...around];
  const seen = new Set(waiting);
  for (const name of waiting) {
    const text = readFileSync(join(types, `${name}.d.ts`), "utf8");
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    writeFileSync(join(dist, `${name}.d.ts`), text);
    writeFileSync(join(dist, `${name}.d.cts`), text.replaceAll(/(from "\.[\w./-]+)\.js"/g, '$1.cjs"'));
    for (const [, path] of text.matchAll(/from "(\.[\w./-]+)\.js"/g)) {
      const next = posix.join(posix.dirname(name), path);
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  const module = "/** What the deployment of an edge worker makes of the import. */\ndeclare const module: WebAssembly.Module;\n";
  writeFileSync(join(dist, "laika-verifier.wasm.d.ts"), `${module}export default module;\n`);
  writeFileSync(join(dist, "laika-verifier.wasm.d.cts"), `${module}export = module;\n`);
  rmSync(types, { recursive: true });
}
