import type { LaikaErrorCode } from "../code.js";
import { LaikaError } from "../error.js";
import { parseFrozen } from "../freeze.js";
import { guarded } from "../guarded.js";
import { inCamelCase } from "../options-text.js";
import type { Exports, Questions, RawError, Report } from "./exports.js";

/** How many bytes the first place for texts has: tokens are shorter, nearly always. */
const FIRST_PLACE = 8192;
/** A UTF-16 unit takes so many bytes of UTF-8, at most. */
const BYTES_PER_UNIT = 3;
/** In place of a time, for questions that need none. */
const NEVER = NaN;
/** In place of a verifier, for questions that are about none. */
const NO_VERIFIER = -1;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The instance of the module and its memory. Texts are encoded where the module reads them, and
 * answers and claims are decoded where it has left them, so that nothing is copied that need not be.
 */
export class Module {
  readonly calls: Exports;
  /** Frees verifiers that were forgotten; some runtimes have no such registry. */
  readonly forgotten = globalThis.FinalizationRegistry && new FinalizationRegistry<number>((verifier) => this.calls.release(verifier));
  // Views of a memory that has grown since have no length.
  #place = new Uint8Array();
  #bytes = new Uint8Array();
  #report = new Float64Array();

  constructor(calls: Exports) {
    this.calls = calls;
  }

  /** Writes `text` where the module reads it; how many bytes it takes. */
  write(text: string): number {
    this.#reserve(text.length * BYTES_PER_UNIT);
    return encoder.encodeInto(text, this.#place).written;
  }

  /**
   * Writes `text` and a line feed at `at` of that place; where they end, or -1 where this is no short
   * text in printable ASCII. For a few characters an encoder takes longer to be called than to work.
   */
  line(text: unknown, at: number): number {
    if (typeof text !== "string" || at < 0 || at + text.length >= FIRST_PLACE) return -1;
    this.#reserve(FIRST_PLACE);
    const place = this.#place;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit < 32 || unit > 126) return -1;
      place[at++] = unit;
    }
    place[at] = 10;
    return at + 1;
  }

  /** What is said of the token that was verified last. */
  get report(): Report {
    if (this.#bytes.length === 0) {
      const { memory, report } = this.calls;
      this.#bytes = new Uint8Array(memory.buffer);
      this.#report = new Float64Array(memory.buffer, report(), 5);
    }
    return this.#report as unknown as Report;
  }

  /** The claims that were left last, frozen. */
  claims(): Record<string, unknown> {
    const { 0: address, 1: length } = this.report;
    return this.#read(address, length);
  }

  /** The answer that was left last, frozen. */
  answer<A>(): A {
    const { 2: address, 3: length } = this.report;
    return this.#read(address, length);
  }

  /** Asks a question, about `bytes` where that is what it is about. */
  ask<N extends keyof Questions>(
    name: N,
    args: Parameters<Questions[N]>,
    now = NEVER,
    bytes: string | Uint8Array = "",
    verifier = NO_VERIFIER,
  ): ReturnType<Questions[N]> {
    return guarded(() => {
      const question = JSON.stringify([name, ...args]);
      const more = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
      const size = question.length * BYTES_PER_UNIT + more.length;
      this.#reserve(size);
      const length = this.write(question);
      this.#place.set(more, length);
      const isAnswer = this.calls.ask(verifier, length, more.length, now);
      // What is large is rare, and the memory is of use elsewhere.
      if (size > FIRST_PLACE) {
        this.calls.input(0);
        this.#place = new Uint8Array();
      }
      const answer = this.answer<ReturnType<Questions[N]> & RawError>();
      if (isAnswer) return answer;
      const { code, message } = answer;
      // A policy is spelled alike everywhere; only options have other names here.
      throw new LaikaError(code as LaikaErrorCode, code === "options_invalid" ? inCamelCase(message) : message);
    });
  }

  #reserve(bytes: number): void {
    if (bytes > this.#place.length) {
      const size = Math.max(bytes, FIRST_PLACE);
      const address = this.calls.input(size);
      this.#place = new Uint8Array(this.calls.memory.buffer, address, size);
    }
  }

  #read<T>(address: number, length: number): T {
    return parseFrozen(decoder.decode(this.#bytes.subarray(address, address + length)));
  }
}
