// The packed package as its users deploy it to `workerd`: bundled with the `workerd` condition, the
// WebAssembly module beside the script.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

const run = promisify(execFile);
const pkg = fileURLToPath(new URL("../../", import.meta.url));

/** Packs the package and installs it in `folder`, as npm would; answers with the packed file. */
export async function install(folder) {
  const installed = join(folder, "node_modules", "laika-verifier");
  await mkdir(installed, { recursive: true });
  const packing = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const { stdout } = await run("npm", packing, { cwd: pkg });
  const packed = join(folder, Object.values(JSON.parse(stdout))[0].filename);
  await run("tar", ["-xzf", packed, "--strip-components", "1", "-C", installed]);
  return packed;
}

/** Bundles a worker with what is installed in `folder`: what Miniflare takes as modules. */
export async function deployment(folder, file) {
  const compiled = new Set();
  const { outputFiles } = await build({
    stdin: { contents: await readFile(file, "utf8"), resolveDir: folder, loader: "js" },
    bundle: true,
    format: "esm",
    write: false,
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:workers"],
    nodePaths: [join(pkg, "node_modules")],
    plugins: [
      {
        name: "compiled-wasm",
        setup: ({ onResolve }) =>
          onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            compiled.add(join(resolveDir, path));
            return { path: `./${basename(path)}`, external: true };
          }),
      },
    ],
  });
  assert.equal(compiled.size, 1, "the bundle imports the module once");
  const [module] = compiled;
  return [
    { type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text },
    { type: "CompiledWasm", path: basename(module), contents: await readFile(module) },
  ];
}
