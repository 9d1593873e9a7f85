import { LaikaError } from "./error.js";
import { optionsText } from "./options-text.js";
import type { Verifier, VerifierOptions } from "./types.js";
import { WasmVerifier } from "./verifier.js";
import { load } from "./wasm/load.js";
import { RawVerifier } from "./wasm/raw-verifier.js";

/**
 * Makes a verifier. Make one per process or isolate and keep it: keys are cached in it.
 *
 * Nothing is fetched here; the first `verify` or `refresh` does.
 *
 * @typeParam C claims of yours, besides the standard ones
 * @throws {LaikaError} `options_invalid` or `policy_invalid`; unknown options are refused
 *
 * @example
 * ```ts
 * import { createVerifier } from "laika-verifier";
 *
 * const verifier = await createVerifier<{ tenant: string }>({ issuers: { issuer, audience: "orders", jwksUri }, policy });
 * const { claims } = await verifier.verify(token);
 * console.log(claims.username, claims.tenant); // laika acme
 * ```
 */
export async function createVerifier<C = {}>(options: VerifierOptions): Promise<Verifier<C>> {
  if (typeof options !== "object" || options === null) {
    throw new LaikaError("options_invalid", "options must be an object with at least `issuers`");
  }
  const { now = unixSeconds, fetch = systemFetch, ...rest } = options;
  for (const [name, value] of Object.entries({ now, fetch })) {
    if (typeof value !== "function") throw new LaikaError("options_invalid", `\`${name}\` must be a function`);
  }
  const text = optionsText(rest);
  return new WasmVerifier<C>(new RawVerifier(await load(), text), now, fetch);
}

/** The default of `now`. */
function unixSeconds(): number {
  return Date.now() / 1000;
}

/** The default of `fetch`, looked up at each call, so that a runtime may install its own late. */
const systemFetch: typeof fetch = (input, init) => fetch(input, init);
