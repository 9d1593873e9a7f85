import type { LaikaErrorCode } from "./code.js";
import { LaikaError } from "./error.js";
import { Fetcher } from "./fetcher.js";
import { type Kept, Tokens } from "./tokens.js";
import type { AuthorizeRequest, Decision, Stats, VerifiedToken, Verifier } from "./types.js";
import type { AuthorizeOutcome, Outcome, RawError } from "./wasm/exports.js";
import type { RawVerifier } from "./wasm/raw-verifier.js";

/** How often an operation may wait for fetches: metadata, keys and status of a few issuers. */
const MAX_WAITS = 16;
/** The largest time a token may name (RFC 7519 leaves it open): all integers below are exact. */
const MAX_TIME = 2 ** 53;
/**
 * Longer text than any option allows is not copied whole into WebAssembly's memory, which never
 * shrinks: a token is cut, and still too large, and a request is refused.
 */
const MAX_TEXT = 2 ** 20 + 1;
/** Stands for a token that is not even a string: no such token has this form. */
const MALFORMED_TOKEN = ".";
/** In place of a serial: no token that is kept. */
const NOBODY = -1;
/** In place of a decision: the text of the token is needed. */
const UNKNOWN = -2;
/** Stands for a request that is not even text: refused before any rule is looked at. */
const INVALID_REQUEST = "GET\n\0";

/** A verifier: asks the WebAssembly module, and fetches what it lacks. */
export class WasmVerifier<C> implements Verifier<C> {
  readonly #now: () => number;
  readonly #fetcher: Fetcher;
  readonly #tokens = new Tokens<C>();
  /** Ids of rules by their place in the policy, as far as they were used. */
  readonly #rules: string[] = [];
  #raw: RawVerifier | undefined;

  constructor(raw: RawVerifier, now: () => number, fetchWith: typeof fetch) {
    this.#raw = raw;
    this.#now = () => validTime(now());
    this.#fetcher = new Fetcher(raw, this.#now, fetchWith);
  }

  async verify(token: string): Promise<VerifiedToken<C>> {
    return this.#recalled(token, true) ?? this.#askUntilSettled(this.#verifying(token));
  }

  verifySync(token: string): VerifiedToken<C> {
    return this.#recalled(token, false) ?? this.#ask(this.#verifying(token), false).answer();
  }

  async authorize(token: string | undefined, request: AuthorizeRequest): Promise<Decision<C>> {
    const question = this.#authorizing(token, request);
    const asked = this.#ask(question, true);
    return asked.wait === undefined ? asked.answer() : this.#askUntilSettled(question, asked);
  }

  authorizeSync(token: string | undefined, request: AuthorizeRequest): Decision<C> {
    return this.#ask(this.#authorizing(token, request), false).answer();
  }

  can(token: VerifiedToken<C>, permission: string): boolean {
    if (!this.#tokens.has(token)) throw new TypeError("the token was not verified by this verifier");
    if (typeof permission !== "string") throw new TypeError("the permission must be a string");
    const asked = JSON.stringify([permission, token.issuer, ...token.permissions]);
    return this.#living().ask("can", [], undefined, asked);
  }

  async refresh(): Promise<void> {
    const raw = this.#living();
    const now = this.#now();
    this.#fetcher.giveUpOverdue();
    this.#fetcher.start(raw.ask("refresh", [], now), now);
    while (this.#fetcher.busy) {
      await this.#fetcher.oneEnded();
      this.#fetcher.giveUpOverdue();
    }
  }

  stats(): Stats {
    return this.#living().ask("stats", []);
  }

  free(): void {
    this.#fetcher.close();
    const raw = this.#raw;
    this.#raw = undefined;
    raw?.free();
  }

  [Symbol.dispose](): void {
    this.free();
  }

  /** The token that was verified from this text before, if it still holds. */
  #recalled(token: unknown, mayFetch: boolean): VerifiedToken<C> | undefined {
    const kept = this.#tokens.get(token as string);
    if (!kept) return undefined;
    const raw = this.#living();
    const now = this.#now();
    this.#fetcher.giveUpOverdue();
    const found = raw.recall(kept.serial, now, mayFetch);
    if (found < 0) {
      this.#tokens.drop(token as string);
      return undefined;
    }
    if (found > 0) this.#take(raw.ask("news", [mayFetch], now), now);
    this.#tokens.use(token as string, kept);
    return kept.token;
  }

  /** Asks, and asks again as long as what is in flight may change the answer. */
  async #askUntilSettled<A>(question: Question<A>, asked = this.#ask(question, true)): Promise<A> {
    for (let waits = 0; asked.wait !== undefined && this.#fetcher.busy && waits < MAX_WAITS; waits++) {
      await this.#fetcher.oneEnded(asked.wait);
      asked = this.#ask(question, true);
    }
    return asked.answer();
  }

  #ask<A>(question: Question<A>, mayFetch: boolean): Asked<A> {
    const raw = this.#living();
    const now = this.#now();
    this.#fetcher.giveUpOverdue();
    return question(raw, now, mayFetch);
  }

  /** Takes note of what comes with every answer. */
  #take<O extends Outcome>(outcome: O, now: number): O {
    this.#tokens.follow(outcome);
    if (outcome.fetch) this.#fetcher.start(outcome.fetch, now);
    return outcome;
  }

  #verifying(token: unknown): Question<VerifiedToken<C>> {
    const text = tokenText(token);
    return (raw, now, mayFetch) => {
      const outcome = this.#take(raw.verify(text, now, mayFetch), now);
      const verified = this.#tokens.add(text, outcome);
      return { wait: outcome.wait, answer: () => verified ?? this.#refuse(outcome.error as RawError) };
    };
  }

  #refuse({ code, message, ...details }: RawError): never {
    const cause = code.endsWith("_unavailable") ? this.#fetcher.failure : undefined;
    throw new LaikaError(code as LaikaErrorCode, message, { ...details, cause });
  }

  #authorizing(token: unknown, request: AuthorizeRequest): Question<Decision<C>> {
    const text = token === undefined ? undefined : tokenText(token);
    const asked = requestText(request);
    return (raw, now, mayFetch) => {
      let kept = text === undefined ? undefined : this.#tokens.get(text);
      let found: number | AuthorizeOutcome = UNKNOWN;
      if (kept || text === undefined) found = raw.decide(kept ? kept.serial : NOBODY, asked, now, mayFetch);
      if (found === UNKNOWN) {
        kept = undefined;
        found = raw.ask("authorize", [asked, mayFetch], now, text);
      }
      if (kept) this.#tokens.use(text as string, kept);
      const { wait, decision } = typeof found === "number" ? this.#allowed(raw, found, kept) : this.#decided(found, text, kept, now);
      return { wait, answer: () => Object.freeze(decision) as Decision<C> };
    };
  }

  /** What is decided where the rule at `place` allows a request. */
  #allowed(raw: RawVerifier, place: number, kept: Kept<C> | undefined): Decided {
    const rule = (this.#rules[place] ??= raw.ask("ruleAt", [place]));
    const decision = kept
      ? { allowed: true, status: 200, rule, token: kept.token }
      : { allowed: true, status: 200, code: "token_missing", rule };
    return { wait: undefined, decision };
  }

  /** What is decided otherwise. */
  #decided(found: AuthorizeOutcome, text: string | undefined, kept: Kept<C> | undefined, now: number): Decided {
    const { wait, decision, serial } = this.#take(found, now);
    const known = kept && serial !== undefined ? kept.token : this.#tokens.add(text as string, found);
    return { wait, decision: known ? { ...decision, token: known } : decision };
  }

  #living(): RawVerifier {
    if (!this.#raw) throw new LaikaError("options_invalid", "this verifier was freed: make another");
    return this.#raw;
  }
}

/** Asks the module once. */
type Question<A> = (raw: RawVerifier, now: number, mayFetch: boolean) => Asked<A>;

interface Asked<A> {
  /** For how many seconds what is in flight may change the answer. */
  wait: number | undefined;
  answer(): A;
}

interface Decided {
  wait: number | undefined;
  decision: object;
}

function tokenText(token: unknown): string {
  return typeof token === "string" ? token.slice(0, MAX_TEXT) : MALFORMED_TOKEN;
}

/** Method, path and host, as the module takes them. */
function requestText({ method, path, host }: AuthorizeRequest): string {
  const valid = isText(method) && isText(path) && (host === undefined || isText(host));
  if (!valid) return INVALID_REQUEST;
  return host === undefined ? `${method}\n${path}` : `${method}\n${path}\n${host}`;
}

/**
 * A string that survives the way into UTF-8 (a lone surrogate would arrive as another character), and
 * has no line feed: no method, path or host has one.
 */
function isText(value: unknown): value is string {
  return typeof value === "string" && value.length < MAX_TEXT && !/[\n\p{Surrogate}]/u.test(value);
}

function validTime(now: unknown): number {
  if (typeof now === "number" && now >= 0 && now <= MAX_TIME) return now;
  throw new LaikaError("options_invalid", `\`now\` must return Unix seconds, not \`${String(now)}\``);
}
