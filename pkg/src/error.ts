import type { LaikaErrorCode } from "./code.js";

/**
 * Why a token was refused, or why a verifier could not be made.
 *
 * `switch (error.code)` narrows; the message is for people and may change.
 *
 * @example
 * ```ts
 * import { LaikaError } from "laika-verifier";
 *
 * try {
 *   await verifier.verify("not.a.token");
 * } catch (error) {
 *   if (!(error instanceof LaikaError)) throw error;
 *   console.log(error.code); // token_malformed
 * }
 * ```
 */
export class LaikaError extends Error {
  declare readonly name: "LaikaError";
  readonly code: LaikaErrorCode;
  /** The claim at fault, where one is. */
  declare readonly claim?: string;
  /** What the verifier wanted to see there. */
  declare readonly expected?: unknown;
  /** What it saw. */
  declare readonly actual?: unknown;

  static {
    // On the prototype, where the engine looks when it writes the first line of the stack.
    Object.defineProperty(this.prototype, "name", { value: "LaikaError" });
  }

  constructor(code: LaikaErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.claim !== undefined) this.claim = details.claim;
    if (details.expected !== undefined) this.expected = details.expected;
    if (details.actual !== undefined) this.actual = details.actual;
  }
}

interface ErrorDetails {
  claim?: string | undefined;
  expected?: unknown;
  actual?: unknown;
  cause?: unknown;
}
