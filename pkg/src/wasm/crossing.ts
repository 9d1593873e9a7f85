import { freeze, parseFrozen } from "../freeze.js";
import { guarded } from "../guarded.js";
import type { RawVerifier, VerifyOutcome } from "./raw.js";

/** How many bytes the first place for texts has: tokens are shorter, nearly always. */
const FIRST_PLACE = 8192;
/** A UTF-16 unit takes so many bytes of UTF-8, at most. */
const BYTES_PER_UNIT = 3;

/** The permissions or roles of a token that names none. */
const NONE: readonly string[] = Object.freeze([]);

/** What {@link RawVerifier.report} points at. */
enum Report {
  Address,
  Length,
  Serial,
  Header,
  Size,
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The way of new tokens into the module's memory, and of their claims out of it, without copies that
 * nobody needs: the token is encoded where the module reads it, and the claims are decoded where it
 * has left them, after it has read them strictly.
 */
export class Crossing {
  readonly #raw: RawVerifier;
  readonly #memory: WebAssembly.Memory;
  // Views of a memory that has grown since have no length.
  #place = new Uint8Array();
  #bytes = new Uint8Array();
  #report = new Float64Array();
  /** The header that came last, and its number: nearly all tokens have the same. */
  #number = 0;
  #header: object = {};

  constructor(raw: RawVerifier, memory: WebAssembly.Memory) {
    this.#raw = raw;
    this.#memory = memory;
  }

  /** Has the token of this text verified. */
  verify(text: string, now: number, mayFetch: boolean): VerifyOutcome {
    const raw = this.#raw;
    return guarded(() => {
      const { written } = encoder.encodeInto(text, this.#placeFor(text.length * BYTES_PER_UNIT));
      if (!raw.prove(written, now, mayFetch)) return JSON.parse(raw.answer()) as VerifyOutcome;
      if (this.#bytes.length === 0) {
        this.#bytes = new Uint8Array(this.#memory.buffer);
        this.#report = new Float64Array(this.#memory.buffer, raw.report(), Report.Size);
      }
      const report = this.#report;
      const address = report[Report.Address] as number;
      const claims = freeze(JSON.parse(decoder.decode(this.#bytes.subarray(address, address + (report[Report.Length] as number)))));
      const number = report[Report.Header] as number;
      if (number !== this.#number) {
        this.#header = parseFrozen(raw.header());
        this.#number = number;
      }
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
      return { serial: report[Report.Serial] as number, token: Object.freeze(token) };
    });
  }

  #placeFor(bytes: number): Uint8Array {
    if (bytes > this.#place.length) {
      const size = Math.max(bytes, FIRST_PLACE);
      const address = this.#raw.input(size);
      this.#place = new Uint8Array(this.#memory.buffer, address, size);
    }
    return this.#place;
  }
}
