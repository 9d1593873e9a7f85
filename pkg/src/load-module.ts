import { host } from "#host";
import { LaikaError } from "./error.js";
import { give } from "./source/given.js";
import { load } from "./wasm/load.js";

/**
 * What `laika-verifier.wasm` can be given as: compiled, its bytes, an HTTP answer, or where to fetch it.
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { loadModule, type ModuleSource } from "laika-verifier/slim";
 *
 * const source: ModuleSource = await readFile(new URL(import.meta.resolve("laika-verifier/laika-verifier.wasm")));
 * await loadModule(source);
 * ```
 */
export type ModuleSource = CompiledModule | ArrayBuffer | ArrayBufferView | Response | URL | string;

/** `WebAssembly.Module`, in whose place a project without its declarations (Node's have none) gets any object. */
type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer M } } } ? M : object;

let loading: Promise<void> | undefined;

/**
 * Loads the WebAssembly module, which this package exports as the file
 * `laika-verifier/laika-verifier.wasm`; needed before any other call.
 *
 * Once it has succeeded, or while it is under way, further calls change nothing.
 *
 * @param source in `workerd` and edge runtimes a `WebAssembly.Module`, for they compile nothing later
 * @throws {LaikaError} `options_invalid` when this is not the module of this version of the package,
 *   or can't be had; then it may be called again
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { createVerifier, loadModule } from "laika-verifier/slim";
 *
 * await loadModule(readFile(new URL(import.meta.resolve("laika-verifier/laika-verifier.wasm"))));
 * const verifier = await createVerifier({ issuers: { issuer, audience: "orders", jwksUri } });
 * console.log((await verifier.verify(token)).claims.username); // laika
 * ```
 */
export function loadModule(source: ModuleSource | Promise<ModuleSource>): Promise<void> {
  // Nobody else would hear of a promise that fails after another source was taken.
  if (loading) Promise.resolve(source).catch(() => {});
  loading ??= start(source).catch((thrown: unknown) => {
    loading = undefined;
    if (thrown instanceof LaikaError) throw thrown;
    const { message } = (thrown ?? {}) as { message?: unknown };
    throw new LaikaError("options_invalid", `the WebAssembly module can't be loaded: ${message ?? thrown}`, { cause: thrown });
  });
  return loading;
}

async function start(source: ModuleSource | Promise<ModuleSource>): Promise<void> {
  give(await compiled(await source));
  await load();
}

async function compiled(source: ModuleSource): Promise<WebAssembly.Module> {
  // By its name, which also tells one that was made in another realm.
  if (Object.prototype.toString.call(source) === "[object WebAssembly.Module]") return source as WebAssembly.Module;
  if (!host.compile) {
    throw new LaikaError("options_invalid", "this runtime compiles nothing: give `loadModule` a `WebAssembly.Module`");
  }
  return host.compile(await bytesOf(source as BufferSource | Response | URL | string));
}

async function bytesOf(source: BufferSource | Response | URL | string): Promise<BufferSource> {
  const answer = typeof source === "string" || source instanceof URL ? await fetch(source) : source;
  if (!("arrayBuffer" in answer)) return answer;
  if (!answer.ok) throw new Error(`${answer.url} answered with status ${answer.status}`);
  return answer.arrayBuffer();
}
