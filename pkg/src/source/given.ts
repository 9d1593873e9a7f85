import mark from "#wasm-mark";
import { LaikaError } from "../error.js";
import type { Source } from "./source.js";

/** The name of the section in which the build marks the module that belongs to the script. */
const MARK = "laika-verifier";

let given: WebAssembly.Module | undefined;

/** The application hands the module over. */
export const source: Source = { compile: async () => required(), compileSync: required };

/**
 * Takes `module`, if it is the one that was built with this script: any other, also of another
 * version, might start and then go wrong.
 *
 * @throws {LaikaError} `options_invalid`
 */
export function give(module: WebAssembly.Module): void {
  const [section] = WebAssembly.Module.customSections(module, MARK);
  if (!section || new TextDecoder().decode(section) !== mark) {
    throw new LaikaError("options_invalid", `not the \`laika-verifier.wasm\` of this version of the package`);
  }
  given = module;
}

function required(): WebAssembly.Module {
  if (!given) throw new LaikaError("options_invalid", "no WebAssembly module yet: first `await loadModule(...)`");
  return given;
}
