// Edge runtimes, which take the module from the deployment and compile nothing later: `workerd` of
// Cloudflare, and Vercel's edge runtime, where Next.js runs middleware.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { EdgeVM } from "@edge-runtime/vm";
import { build } from "esbuild";
import { artifact, freshProject } from "./project.mjs";
import { setScene } from "./scene.mjs";

const MODULE = "laika-verifier/laika-verifier.wasm";
const FILE = "laika-verifier/dist/laika-verifier.wasm";

/** An edge worker that answers every request with what the program sees. */
const worker = (entry, load = "") => `
import * as laika from "${entry}";
import { program } from "./program.mjs";
import scene from "./scene.mjs";
${load}
export default { fetch: async () => Response.json(await program(laika, scene)) };
`;

const FILES = {
  "main.mjs": worker("laika-verifier"),
  "slim.mjs": worker("laika-verifier/slim", `import wasm from "${MODULE}";\nawait laika.loadModule(wasm);`),
  "slim-edge.mjs": worker("laika-verifier/slim", "await laika.loadModule(globalThis.deployed);"),
  "bytes.mjs": `
import { LaikaError, loadModule } from "laika-verifier/slim";
const code = await loadModule(new Uint8Array(8)).catch((error) => error instanceof LaikaError && error.message);
export default { fetch: async () => Response.json(code) };
`,
};

let set, project;

before(async () => {
  set = await setScene();
  project = await freshProject(set.scene, FILES);
});
after(async () => {
  set?.stop();
  await project?.remove();
});

describe("workerd", () => {
  const answerOf = async (file) => {
    const { script, modules } = await bundled(file, ["workerd", "worker", "browser"]);
    await project.write("deployed.mjs", script);
    assert.ok(modules.length <= 1, "the module is deployed once");
    for (const module of modules) await copyFile(module, project.path("module.wasm"));
    await project.write("workerd.capnp", configuration(modules.length > 0));
    return served(project.path("workerd.capnp"));
  };

  for (const file of ["main.mjs", "slim.mjs"]) {
    test(file, async () => assert.deepEqual(await answerOf(file), set.expected));
  }

  test("takes no bytes, and says so", async () => {
    assert.match(await answerOf("bytes.mjs"), /compiles nothing: give `loadModule` a `WebAssembly.Module`/);
  });
});

describe("edge-light", () => {
  const answerOf = async (file) => {
    const { script, modules } = await bundled(file, ["edge-light", "browser"]);
    assert.equal(modules.length, file === "main.mjs" ? 1 : 0);
    // As Next.js does it: the deployment hands over the module, made in another realm, as a global.
    const deployed = await WebAssembly.compile(await readFile(project.path(`node_modules/${FILE}`)));
    const vm = new EdgeVM({
      extend: (context) => Object.assign(context, { deployed }),
      codeGeneration: { strings: false, wasm: false },
    });
    const entry = script.replace(/export\s*\{\s*(\w+) as default\s*\};/, "globalThis.worker = $1;");
    await vm.evaluate(`(async () => {${entry}})()`);
    return JSON.parse(await vm.evaluate("worker.fetch().then((response) => response.text())"));
  };

  for (const file of ["main.mjs", "slim-edge.mjs"]) {
    test(file, async () => assert.deepEqual(await answerOf(file), set.expected));
  }

  test("takes no bytes, and says so", async () => {
    assert.match(await answerOf("bytes.mjs"), /compiles nothing/);
  });
});

/**
 * One script of `file` as a deployment bundles it, and the WebAssembly modules it imports: as
 * modules beside it, or where there is a query, as a global variable.
 */
async function bundled(file, conditions) {
  const modules = new Set();
  const deployment = {
    name: "deployment",
    setup({ onLoad, onResolve, resolve }) {
      onResolve({ filter: /\.wasm(\?module)?$/ }, async ({ path, pluginData, ...from }) => {
        if (pluginData === "asked") return;
        const [name, query] = path.split("?");
        const found = await resolve(name, { ...from, pluginData: "asked" });
        if (found.errors.length > 0) return found;
        modules.add(found.path);
        return query ? { path: found.path, namespace: "global" } : { path: "./module.wasm", external: true };
      });
      onLoad({ filter: /./, namespace: "global" }, () => ({ contents: "export default globalThis.deployed" }));
    },
  };
  const { outputFiles, warnings } = await build({
    entryPoints: [project.path(file)],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "silent",
    conditions,
    external: ["cloudflare:workers"],
    plugins: [deployment],
  });
  assert.deepEqual(warnings, []);
  return { script: outputFiles[0].text, modules: [...modules] };
}

function configuration(withModule) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "deployed.mjs", esModule = embed "deployed.mjs"),
    ${withModule ? '(name = "module.wasm", wasm = embed "module.wasm"),' : ""}
  ],
  compatibilityDate = "2024-10-14",
);
`;
}

/** Starts a server of its own, asks once, and answers with the JSON that came. */
async function served(config) {
  const tools = createRequire(join(artifact("LAIKA_TOOLS"), "package.json"));
  const workerd = tools("workerd").default;
  // It writes the port that it got to the descriptor that it is told.
  const child = spawn(workerd, ["serve", config, "--control-fd=3"], { stdio: ["ignore", "inherit", "inherit", "pipe"] });
  const exit = once(child, "exit");
  try {
    const [line] = await Promise.race([
      once(createInterface(child.stdio[3]), "line"),
      exit.then(([code]) => Promise.reject(new Error(`workerd ended with ${code}`))),
    ]);
    const { port } = JSON.parse(line);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    return await response.json();
  } finally {
    child.kill();
    await exit;
  }
}
