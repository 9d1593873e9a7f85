// Builds `dist/` round the WebAssembly module that `cargo xtask build` put into `dist/wasm/`.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const wasm = join(dist, "wasm", "laika_verifier_wasm_bg.wasm");

for (const file of [wasm, join(dist, "wasm", "laika_verifier_wasm.js"), join(dist, "wasm", "laika_verifier_wasm.d.ts")]) {
  if (!existsSync(file)) {
    console.error(`pkg: ${file} is missing: run \`cargo xtask build\`, which compiles it`);
    process.exit(1);
  }
}
for (const name of readdirSync(dist)) {
  if (name !== "wasm") rmSync(join(dist, name), { recursive: true });
}
await bundles();
declarations();

/** One bundle per way of loading the module. */
async function bundles() {
  await bundle("inline", "index.js", "esm");
  await bundle("inline", "index.cjs", "cjs");
  await bundle("workerd", "index.workerd.js", "esm");
  await bundle("edge-light", "index.edge-light.js", "esm");
  // In Node, `import` and `require` share one instance: one `LaikaError`, one compiled module.
  writeFileSync(
    join(dist, "index.node.js"),
    'import laika from "./index.cjs";\nexport const { createVerifier, decodeUnverified, LaikaError } = laika;\n',
  );
}

function bundle(host, file, format) {
  return build({
    entryPoints: [join(here, "src", "index.ts")],
    outfile: join(dist, file),
    bundle: true,
    format,
    platform: "neutral",
    target: "es2022",
    minify: true,
    // The generated loader warns of ways to call it that are not used here.
    drop: ["console"],
    // Node shows the whole line on which an error was thrown: none may hold the module.
    lineLimit: host === "inline" ? 400 : 0,
    legalComments: "none",
    logLevel: "warning",
    // The generated loader's own guess at a URL, never reached, would mislead other bundlers.
    define: { "import.meta.url": "undefined" },
    alias: { "#host": join(here, "src", "host", `${host}.ts`) },
    external: ["*.wasm", "*.wasm?module", "cloudflare:workers"],
    plugins: [base64()],
  });
}

/** `#wasm-base64`: the module as text. */
function base64() {
  return {
    name: "wasm-base64",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^#wasm-base64$/ }, () => ({ path: wasm, namespace: "base64" }));
      onLoad({ filter: /.*/, namespace: "base64" }, ({ path }) => ({ contents: readFileSync(path), loader: "base64" }));
    },
  };
}

/** `.d.ts` of what the entry reaches, and the same as `.d.cts`. */
function declarations() {
  const types = join(dist, "types");
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", here], { stdio: "inherit" });
  const waiting = ["index"];
  const seen = new Set(waiting);
  for (const name of waiting) {
    const text = readFileSync(join(types, `${name}.d.ts`), "utf8");
    writeFileSync(join(dist, `${name}.d.ts`), text);
    writeFileSync(join(dist, `${name}.d.cts`), text.replaceAll(/(from "\.\/[\w-]+)\.js"/g, '$1.cjs"'));
    for (const [, next] of text.matchAll(/from "\.\/([\w-]+)\.js"/g)) {
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  rmSync(types, { recursive: true });
}
