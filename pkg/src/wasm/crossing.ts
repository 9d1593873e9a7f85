import { parseFrozen } from "../freeze.js";
import type { RawVerifier, VerifyOutcome } from "./raw.js";

/** How many bytes the first place for texts has: tokens are shorter, nearly always. */
const FIRST_PLACE = 8192;
/** A UTF-16 unit takes so many bytes of UTF-8, at most. */
const BYTES_PER_UNIT = 3;

/** The permissions or roles of a token that names none. */
const NONE: readonly string[] = Object.freeze([]);

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The way of texts into the module's memory, and of claims out of it, without copies that nobody
 * needs: a text is encoded where the module reads it, and claims are decoded where it has left them,
 * after it has read them strictly.
 */
export class Crossing {
  readonly #raw: RawVerifier;
  readonly #memory: WebAssembly.Memory;
  // Views of a memory that has grown since have no length.
  #place = new Uint8Array();
  #bytes = new Uint8Array();
  #report = new Float64Array();
  /** The header that came last: nearly all tokens have the same. */
  #header: unknown;

  constructor(raw: RawVerifier, memory: WebAssembly.Memory) {
    this.#raw = raw;
    this.#memory = memory;
  }

  /** Writes `text` where the module reads it; how many bytes it takes. */
  write(text: string): number {
    const most = text.length * BYTES_PER_UNIT;
    if (most > this.#place.length) {
      const size = Math.max(most, FIRST_PLACE);
      const address = this.#raw.input(size);
      this.#place = new Uint8Array(this.#memory.buffer, address, size);
    }
    return encoder.encodeInto(text, this.#place).written;
  }

  /** Has the token of this text verified. What is in the answer is frozen. */
  verify(text: string, now: number, mayFetch: boolean): VerifyOutcome {
    const raw = this.#raw;
    const answer = raw.prove(this.write(text), now, mayFetch);
    if (answer === 0) return parseFrozen(raw.rest());
    if (answer === 2) this.#header = parseFrozen(raw.rest());
    if (this.#bytes.length === 0) {
      this.#bytes = new Uint8Array(this.#memory.buffer);
      this.#report = new Float64Array(this.#memory.buffer, raw.report(), 3);
    }
    const [address, length, serial] = this.#report as unknown as [number, number, number];
    const claims = parseFrozen<Record<string, unknown>>(decoder.decode(this.#bytes.subarray(address, address + length)));
    const token = {
      issuer: claims.iss,
      subject: claims.sub,
      // Own members: what somebody has given to every object grants nothing.
      permissions: Object.hasOwn(claims, "permissions") ? claims.permissions : NONE,
      roles: Object.hasOwn(claims, "roles") ? claims.roles : NONE,
      expiresAt: claims.exp,
      header: this.#header,
      claims,
    };
    return { serial, token: Object.freeze(token) };
  }
}
