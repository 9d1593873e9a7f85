import { parseFrozen } from "./freeze.js";
import type { VerifiedToken } from "./types.js";
import type { Outcome } from "./wasm/raw.js";

/**
 * The objects of verified tokens, so that a token that comes again costs no parsing. The module
 * says which token it is, and every time whether it still holds; what it lets go is let go here.
 */
export class Tokens<C> {
  /** Every object handed out, frozen: what is in it is what was verified. */
  readonly #made = new WeakSet<object>();
  #generation: number | null = null;
  #young = new Map<number, VerifiedToken<C>>();
  #old = new Map<number, VerifiedToken<C>>();

  /** The token that `outcome` names, whose JSON `read` gives. */
  of({ generation, serial }: Outcome, read: () => string | undefined): VerifiedToken<C> | undefined {
    if (serial === undefined) return undefined;
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#old = this.#young;
      this.#young = new Map();
    }
    const token = this.#young.get(serial) ?? this.#old.get(serial) ?? this.#make(read());
    if (generation !== null) this.#young.set(serial, token);
    return token;
  }

  /** Whether `token` was made here. */
  has(token: unknown): token is VerifiedToken<C> {
    return this.#made.has(token as object);
  }

  #make(json = "null"): VerifiedToken<C> {
    const token = parseFrozen<VerifiedToken<C>>(json);
    this.#made.add(token);
    return token;
  }
}
