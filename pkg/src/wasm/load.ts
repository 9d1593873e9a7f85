import type { InitOutput } from "../../dist/wasm/laika_verifier_wasm.js";
import { source } from "#source";
import { guarded, toLaikaError } from "../guarded.js";
import { Module } from "./module.js";

let compiled: Promise<WebAssembly.Module> | undefined;
/** The module, once it has been started; shared by all verifiers. */
let started: Module | undefined;

/** The module, compiled off the main thread where the host can. */
export async function load(): Promise<Module> {
  compiled ??= source.compile();
  return start(
    await compiled.catch((thrown: unknown) => {
      compiled = undefined;
      throw toLaikaError(thrown);
    }),
  );
}

/** The module at once, compiled here if nobody did before. */
export function loadSync(): Module {
  return start();
}

/** Instantiates on the first call, and only then. */
function start(code?: WebAssembly.Module): Module {
  started ??= guarded(() => {
    const { exports } = new WebAssembly.Instance(code ?? source.compileSync());
    return new Module(exports as unknown as InitOutput);
  });
  return started;
}
