// A fresh project of somebody who has just installed the package.
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));

/** The packed package that is under test. */
export const tarball = artifact("LAIKA_PKG_TGZ");

/** A path that `cargo xtask test` hands over. */
export function artifact(name) {
  const path = process.env[name];
  if (!path) throw new Error(`\`${name}\` is not set: \`cargo xtask test --only runtimes\` does it`);
  return path;
}

/** A script's beginning that imports all of `entries` and tells in `names` what each exports. */
export const importing = (entries) => `
${entries.map((entry, i) => `import * as entry${i} from "${entry}";`).join("\n")}
const names = { ${entries.map((entry, i) => `"${entry}": Object.keys(entry${i}).sort()`).join(", ")} };
`;

/** What every entry exports. */
export const EXPORTED = {
  "laika-verifier": ["LaikaError", "createVerifier", "decodeUnverified"],
  "laika-verifier/slim": ["LaikaError", "createVerifier", "decodeUnverified", "loadModule"],
  "laika-verifier/middleware/express": ["protect"],
  "laika-verifier/middleware/fastify": ["protect"],
  "laika-verifier/middleware/hono": ["protect"],
  "laika-verifier/worker": ["protect"],
  "laika-verifier/client": ["SessionError", "createSession"],
};

/** The folder of an installed npm package of the tests themselves. */
export const installed = (name) => join(here, "node_modules", name);

/**
 * Makes a project in a scratch folder, with the package installed from its tarball by npm, the
 * program, the scene as `scene.mjs`, and `files`, by name.
 */
export async function freshProject(scene, files = {}) {
  const folder = await mkdtemp(join(tmpdir(), "laika-runtimes-"));
  const path = (name) => join(folder, name);
  const write = async (name, text) => {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), text);
  };
  await write("package.json", JSON.stringify({ name: "fresh", version: "1.0.0", private: true, type: "module" }));
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", tarball], { cwd: folder });
  await copyFile(join(here, "program.mjs"), path("program.mjs"));
  await write("scene.mjs", `export default ${JSON.stringify(scene)};\n`);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const manifest = await readFile(path("node_modules/laika-verifier/package.json"), "utf8");
  return {
    folder,
    path,
    /** What can be imported, except the module itself: `["laika-verifier", "laika-verifier/slim", ...]`. */
    entries: Object.keys(JSON.parse(manifest).exports).filter((name) => !/\.(json|wasm)$/.test(name)).map((name) => join("laika-verifier", name)),
    write,
    /** Runs a program in the project and answers with what it wrote; an error shows all it said. */
    run: async (command, args, env = {}) => {
      const { stdout } = await run(command, args, { cwd: folder, env: { ...process.env, ...env } });
      return stdout;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
