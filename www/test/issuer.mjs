// Starts the real issuer, with the seed in a folder of its own.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = process.env.LAIKA_BIN ?? fileURLToPath(new URL("../../target/debug/laika", import.meta.url));
const seed = fileURLToPath(new URL("seed.toml", import.meta.url));

/**
 * `{ url, invitation, stop }`: `invitation` is the first administrator's sign-up link that it
 * prints, `stop` ends it and removes what it stored. `settings` is a settings file's text, `variables`
 * are laid over it.
 */
export async function startIssuer(settings = "", variables = {}) {
  const folder = await mkdtemp(join(tmpdir(), "laika-page-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const { end, ...running } = await serve(folder, settings, variables);
    return { ...running, stop: () => end().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function serve(folder, settings, variables) {
  // Every LAIKA_* variable is a setting to it, so those that are meant for tests stay outside.
  const outside = Object.entries(process.env).filter(([name]) => !name.startsWith("LAIKA_"));
  const env = { ...Object.fromEntries(outside), LAIKA_LISTEN: "127.0.0.1:0", LAIKA_DATA_DIR: folder, ...variables };
  const file = join(folder, "laika.toml");
  await writeFile(file, settings);
  await promisify(execFile)(program, ["import", seed], { env });
  const child = spawn(program, ["serve", "--config", file], { env, stdio: ["ignore", "pipe", "pipe"] });
  const log = [];
  const invitation = new Promise((resolve) => createInterface({ input: child.stderr }).on("line", (line) => {
    log.push(line);
    const link = /\S+#invitation=\S+/.exec(line);
    if (link) resolve(link[0]);
  }));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const ready = new Promise((resolve) => createInterface({ input: child.stdout })
    .on("line", (line) => line.startsWith("ready ") && resolve(line.slice("ready ".length))));
  const url = await Promise.race([ready, ended.then(() => null)]);
  if (url === null) throw new Error(`the issuer ended before it was ready:\n${log.join("\n")}`);
  return {
    url,
    invitation,
    async end() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
