// Scripts for the runtimes that take no packages: one of ours with all that it imports.

import { readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [LAIKA, CEDAR] = ["laika-verifier/laika-verifier.wasm", "@cedar-policy/cedar-wasm/web"];

/** What `require` finds in the `node_modules` of `folder`. */
export function packages(folder) {
  return createRequire(join(folder, "package.json"));
}

/** The bytes of the two modules, by the names under which they are deployed. */
export function modules() {
  const cedar = new URL("cedar_wasm_bg.wasm", import.meta.resolve(CEDAR));
  return { "laika-verifier.wasm": readFileSync(new URL(import.meta.resolve(LAIKA))), "cedar_wasm_bg.wasm": readFileSync(cedar) };
}

/**
 * Names and texts of the scripts that `script` becomes, by the `esbuild` of the project in `tools`.
 * What needs a part of Node is a script of its own, so that it alone fails where there is none.
 */
export async function bundle(tools, script, conditions) {
  const { build } = packages(tools)("esbuild");
  const { outputFiles } = await build({
    entryPoints: [join(here, script)],
    outdir: here,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "error",
    conditions,
    external: ["cloudflare:workers", "*.wasm"],
    plugins: [builtins()],
  });
  return Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path), text]));
}

/** Parts of Node stay imports, also those that a package of CommonJS requires. */
function builtins() {
  return {
    name: "builtins",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /./ }, ({ path, namespace, kind }) => {
        if (!isBuiltin(path)) return undefined;
        const name = path.startsWith("node:") ? path : `node:${path}`;
        if (namespace === "imported") return { path: name, external: true };
        return { path: name, namespace: kind === "require-call" && namespace !== "required" ? "required" : "imported" };
      });
      // What is required is what the part itself is, not what it exports.
      onLoad({ filter: /./, namespace: "required" }, ({ path }) => ({ contents: `module.exports = require("${path}").default;` }));
      onLoad({ filter: /./, namespace: "imported" }, async ({ path }) => {
        const names = Object.keys(await import(path)).filter((name) => !["default", "module.exports"].includes(name));
        return { contents: `import all from "${path}"; export default all; export const { ${names.join(", ")} } = all;` };
      });
    },
  };
}
