import * as generated from "../../dist/wasm/laika_verifier_wasm.js";
import { host } from "#host";
import type { RawModule } from "./raw.js";

/** The generated module once it runs; shared by all verifiers. */
const module: RawModule = generated;

/** The module, compiled off the main thread where the host can. */
export async function load(): Promise<RawModule> {
  compiled ??= host.compile();
  return start(await compiled);
}

/** The module at once, compiled here if nobody did before. */
export function loadSync(): RawModule {
  return start();
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** Instantiates on the first call, and only then. */
function start(code?: WebAssembly.Module): RawModule {
  if (!started) generated.initSync({ module: code ?? host.compileSync() });
  started = true;
  return module;
}

let started = false;
