import type { VerifiedToken } from "./types.js";
import type { Outcome } from "./wasm/exports.js";

/** A token that was verified. */
export interface Kept<C> {
  /** By which the module knows it. */
  readonly serial: number;
  readonly token: VerifiedToken<C>;
}

/**
 * The objects of verified tokens by the tokens' whole texts, so that a token that comes again costs
 * no parsing, and does not even cross to the module: its serial does, and the module says every time
 * whether the token still holds. What the module lets go is let go here.
 */
export class Tokens<C> {
  /** Every object handed out, frozen: what is in it is what was verified. */
  readonly #made = new WeakSet<object>();
  #generation: number | null = null;
  #young = new Map<string, Kept<C>>();
  #old = new Map<string, Kept<C>>();

  /** What is kept of `text`; to be asked about before it is believed. */
  get(text: string): Kept<C> | undefined {
    return this.#young.get(text) ?? this.#old.get(text);
  }

  /** Notes that what is kept of `text` was used, as the module has. */
  use(text: string, kept: Kept<C>): void {
    if (this.#old.size > 0) this.#young.set(text, kept);
  }

  /** Lets go of `text`, of which the module has let go. */
  drop(text: string): void {
    this.#young.delete(text);
    this.#old.delete(text);
  }

  /** Lets go of what the module has let go of since. */
  follow({ generation }: Outcome): void {
    if (generation === undefined || generation === this.#generation) return;
    this.#generation = generation;
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** The token that `outcome` brings for the first time, frozen, and from now on kept for `text`. */
  add(text: string, { serial, token }: Outcome): VerifiedToken<C> | undefined {
    if (serial === undefined || token === undefined) return undefined;
    const made = token as VerifiedToken<C>;
    this.#made.add(made);
    if (this.#generation !== null) this.#young.set(text, { serial, token: made });
    return made;
  }

  /** Whether `token` was made here. */
  has(token: unknown): token is VerifiedToken<C> {
    return this.#made.has(token as object);
  }
}
