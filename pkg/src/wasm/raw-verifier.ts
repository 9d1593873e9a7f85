import { guarded } from "../guarded.js";
import { requestText } from "../request-text.js";
import type { AuthorizeOutcome, Questions, VerifyOutcome } from "./exports.js";
import type { Module } from "./module.js";

/** The permissions or roles of a token that names none. */
const NONE: readonly string[] = Object.freeze([]);

/** One verifier in the module. Times are Unix seconds, and what is handed out is frozen. */
export class RawVerifier {
  readonly #module: Module;
  readonly #number: number;
  /** The header that came last: nearly all tokens have the same. */
  #header: unknown;

  /** Options as JSON text. */
  constructor(module: Module, options: string) {
    this.#module = module;
    this.#number = module.ask("create", [], undefined, options);
    module.forgotten?.register(this, this.#number, this);
  }

  /** Asks the module about this verifier. */
  ask<N extends keyof Questions>(
    name: N,
    args: Parameters<Questions[N]>,
    now?: number,
    bytes?: string | Uint8Array,
  ): ReturnType<Questions[N]> {
    return this.#module.ask(name, args, now, bytes, this.#number);
  }

  /** Has the token of this text verified. */
  verify(text: string, now: number, mayFetch: boolean): VerifyOutcome {
    return guarded(() => {
      const module = this.#module;
      const found = module.calls.prove(this.#number, module.write(text), now, +mayFetch);
      if (found === 0) return module.answer();
      if (found === 2) this.#header = module.answer();
      const claims = module.claims();
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
      return { serial: module.report[4], token };
    });
  }

  /** Whether the token of that serial still holds: see {@link Exports.recall}. */
  recall(serial: number, now: number, mayFetch: boolean): number {
    return guarded(() => this.#module.calls.recall(this.#number, serial, now, +mayFetch));
  }

  /** The place of the rule that allows the request, or more, or below 0 nothing: see {@link Exports.decide}. */
  decide(
    serial: number,
    method: unknown,
    path: unknown,
    host: unknown,
    now: number,
    mayFetch: boolean,
  ): number | AuthorizeOutcome {
    return guarded(() => {
      const module = this.#module;
      let end = module.line(path, module.line(method, 0));
      if (host !== undefined) end = module.line(host, end);
      // But for the last line feed.
      const length = end < 0 ? module.write(requestText(method, path, host)) : end - 1;
      const found = module.calls.decide(this.#number, serial, length, now, +mayFetch);
      return found === -1 ? module.answer() : found;
    });
  }

  /** To be called once, and nothing after it. */
  free(): void {
    this.#module.forgotten?.unregister(this);
    guarded(() => this.#module.calls.release(this.#number));
  }
}
