// Starts `workerd` with the worker: script, package and WebAssembly module as separate modules, as
// an upload to an edge network has them.
import { spawn } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import workerd from "workerd";

const [issuer, jwksUri, policy] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const dist = dirname(createRequire(import.meta.url).resolve("laika-verifier"));
const folder = await mkdtemp(join(tmpdir(), "laika-workerd-"));
const port = await freePort();
const wasm = "laika-verifier.wasm";

await copyFile(join(here, "worker.mjs"), join(folder, "worker.mjs"));
await copyFile(join(here, "decide.mjs"), join(folder, "decide.mjs"));
await copyFile(join(dist, "index.workerd.js"), join(folder, "index.js"));
await copyFile(join(dist, wasm), join(folder, wasm));
const text = (value) => JSON.stringify(value);
await writeFile(
  join(folder, "config.capnp"),
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "decide.mjs", esModule = embed "decide.mjs"),
    (name = "laika-verifier", esModule = embed "index.js"),
    (name = "${wasm}", wasm = embed "${wasm}"),
  ],
  bindings = [
    (name = "ISSUER", text = ${text(issuer)}),
    (name = "JWKS_URI", text = ${text(jwksUri)}),
    (name = "POLICY", text = ${text(policy)}),
  ],
  compatibilityDate = "2024-10-14",
);
`,
);
const child = spawn(workerd.default ?? workerd, ["serve", join(folder, "config.capnp")], { stdio: ["ignore", "inherit", "inherit"] });
const end = async () => {
  child.kill();
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
};
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, end);
child.on("exit", (code) => process.exit(code ?? 1));
while (!(await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))) await sleep(50);
console.log(`ready http://127.0.0.1:${port}`);

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
