import type { VerifiedToken } from "./types.js";
import type { Outcome } from "./wasm/exports.js";

/** So many characters of a token, the last of its signature, make its number. */
const NUMBERED = 8;
/** Numbers below this are kept in a word by every engine. */
const NUMBERS = 2 ** 30;

/** A token that was verified. */
export interface Kept<C> {
  readonly text: string;
  /** See {@link numberOf}. */
  readonly number: number;
  /** By which the module knows it. */
  readonly serial: number;
  readonly token: VerifiedToken<C>;
}

/**
 * The objects of verified tokens by the tokens' whole texts, so that a token that comes again costs
 * no parsing, and does not even cross to the module: its serial does, and the module says every time
 * whether the token still holds. What the module lets go is let go here.
 *
 * To look a text up, an engine computes a hash of all of it, which takes longer than all else. So a
 * token is looked up by a number made of a few characters, and then its whole text is compared. Of
 * two tokens of one number the younger stays; nothing is in here that was not verified.
 */
export class Tokens<C> {
  /** Marks the tokens of this verifier; keeps nothing alive that a token need not. */
  readonly #mark = Symbol();
  /** A module that has no cache says so with its first answer. */
  #generation: number | null = 0;
  #young = new Map<number, Kept<C>>();
  #old = new Map<number, Kept<C>>();

  /** What is kept of `text`; to be asked about before it is believed. */
  get(text: unknown): Kept<C> | undefined {
    if (typeof text !== "string") return undefined;
    const number = numberOf(text);
    let kept = this.#young.get(number);
    if (kept === undefined) {
      kept = this.#old.get(number);
      // The module moves what is used as well.
      if (kept) this.#young.set(number, kept);
    }
    return kept?.text === text ? kept : undefined;
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
    // Some engines add no private member to what is frozen already.
    const own = Object.isExtensible(token) ? token : { ...token };
    new Marked(own, this.#mark);
    const made = Object.freeze(own) as VerifiedToken<C>;
    if (this.#generation !== null) {
      const number = numberOf(text);
      this.#young.set(number, { text, number, serial, token: made });
    }
    return made;
  }

  /** Whether `token` was made here: what is in it is what was verified. */
  has(token: unknown): token is VerifiedToken<C> {
    return Marked.markOf(token) === this.#mark;
  }
}

/** Makes nothing: a class that extends it adds its private members to the object that it is given. */
const Given = function (object: object) {
  return object;
} as unknown as new (object: object) => object;

/**
 * Marks an object where no script can see it or copy it to another. A token is marked once and looked
 * at again seldom, for which a weak set takes ten times as long.
 */
class Marked extends Given {
  readonly #mark: symbol;

  constructor(object: object, mark: symbol) {
    super(object);
    this.#mark = mark;
  }

  static markOf(object: unknown): symbol | undefined {
    return typeof object === "object" && object !== null && #mark in object ? object.#mark : undefined;
  }
}

/** A number of `text` that another rarely has. */
function numberOf(text: string): number {
  let number = 0;
  for (let at = text.length - NUMBERED; at < text.length; at++) number = (Math.imul(number, 31) + text.charCodeAt(at)) & (NUMBERS - 1);
  return number;
}

