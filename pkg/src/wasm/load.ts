import { decodeUnverified, initSync, RawVerifier } from "../../dist/wasm/laika_verifier_wasm.js";
import { source } from "#source";
import { guarded, toLaikaError } from "../guarded.js";
import type { RawModule } from "./raw.js";

let compiled: Promise<WebAssembly.Module> | undefined;
/** The generated module, once it has been started; shared by all verifiers. */
let started: RawModule | undefined;

/** The module, compiled off the main thread where the host can. */
export async function load(): Promise<RawModule> {
  compiled ??= source.compile();
  return start(
    await compiled.catch((thrown: unknown) => {
      compiled = undefined;
      throw toLaikaError(thrown);
    }),
  );
}

/** The module at once, compiled here if nobody did before. */
export function loadSync(): RawModule {
  return start();
}

/** Instantiates on the first call, and only then. */
function start(code?: WebAssembly.Module): RawModule {
  started ??= guarded(() => {
    const { memory } = initSync({ module: ours(code ?? source.compileSync()) });
    return { memory, RawVerifier, decodeUnverified };
  });
  return started;
}

/**
 * `code` with this realm's prototype, by which the generated loader tells a module from bytes:
 * Next.js makes modules in another realm than the one its middleware runs in.
 */
function ours(code: WebAssembly.Module): WebAssembly.Module {
  return Object.setPrototypeOf(code, WebAssembly.Module.prototype);
}
