import { LaikaError } from "./error.js";
import { MAX_TEXT } from "./request-text.js";
import { loadSync } from "./wasm/load.js";

/**
 * Header and claims of `token` as they are written there, by whoever wrote them.
 *
 * Nothing is verified: use it to show a token, never to decide anything.
 *
 * @throws {LaikaError} `token_malformed` or `token_too_large`
 *
 * @example
 * ```ts
 * import { decodeUnverified } from "laika-verifier";
 *
 * const { header } = decodeUnverified(token);
 * console.log(JSON.stringify(header)); // {"alg":"EdDSA","kid":"k1","typ":"at+jwt"}
 * ```
 */
export function decodeUnverified(token: string): { header: object; claims: object } {
  if (typeof token !== "string") throw new LaikaError("token_malformed", "the token is not a string");
  return loadSync().ask("decodeUnverified", [], undefined, token.slice(0, MAX_TEXT));
}
