// The real issuer, with a seed in a folder of its own, open to pages of `origins`.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = process.env.LAIKA_BIN ?? fileURLToPath(new URL("../../../target/debug/laika", import.meta.url));

/** Starts one: `{ url, stop }`; `settings` are its environment without `LAIKA_`. */
export async function startIssuer(seed, settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "laika-client-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  // Every LAIKA_* variable is a setting to it, so those that are meant for tests stay outside.
  const outside = Object.entries(process.env).filter(([name]) => !name.startsWith("LAIKA_"));
  const own = Object.entries({ LISTEN: "127.0.0.1:0", DATA_DIR: folder, ...settings });
  const env = { ...Object.fromEntries(outside), ...Object.fromEntries(own.map(([name, value]) => [`LAIKA_${name}`, value])) };
  try {
    await promisify(execFile)(program, ["import", seed], { env });
    const child = spawn(program, ["serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
    const ended = once(child, "exit");
    const log = [];
    createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
    const ready = new Promise((resolve) =>
      createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("ready ") && resolve(line.slice("ready ".length))),
    );
    const url = await Promise.race([ready, ended.then(() => undefined)]);
    if (url === undefined) throw new Error(`the issuer ended before it was ready:\n${log.join("\n")}`);
    const stop = async () => {
      child.kill("SIGTERM");
      await ended;
      await remove();
    };
    return { url, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
