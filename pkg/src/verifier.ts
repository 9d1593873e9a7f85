import type { LaikaErrorCode } from "./code.js";
import { LaikaError } from "./error.js";
import { Fetcher } from "./fetcher.js";
import { MAX_TEXT, requestText } from "./request-text.js";
import { type Kept, Tokens } from "./tokens.js";
import type { AuthorizeRequest, Decision, Stats, VerifiedToken, Verifier } from "./types.js";
import type { AuthorizeOutcome, Outcome, RawError } from "./wasm/exports.js";
import type { RawVerifier } from "./wasm/raw-verifier.js";

/** How long an operation may wait for fetches, one after the other: two metadata documents, keys, status. */
const MAX_WAIT_MS = 20_000;
/** The largest time a token may name (RFC 7519 leaves it open): all integers below are exact. */
const MAX_TIME = 2 ** 53;
/** Stands for a token that is not even a string: no such token has this form. */
const MALFORMED_TOKEN = ".";
/** In place of a serial: no token that is kept. */
const NOBODY = -1;
/** In place of a decision: the text of the token is needed. */
const UNKNOWN = -2;

/** A verifier: asks the WebAssembly module, and fetches what it lacks. */
export class WasmVerifier<C> implements Verifier<C> {
  readonly #now: () => number;
  readonly #fetcher: Fetcher;
  readonly #tokens = new Tokens<C>();
  /** Ids of rules by their place in the policy, as far as they were used: without gaps, which engines are slow with. */
  readonly #rules: (string | undefined)[] = [];
  #raw: RawVerifier | undefined;

  constructor(raw: RawVerifier, now: () => number, fetchWith: typeof fetch) {
    this.#raw = raw;
    this.#now = () => validTime(now());
    this.#fetcher = new Fetcher(raw, this.#now, fetchWith);
  }

  async verify(token: string): Promise<VerifiedToken<C>> {
    const recalled = this.#recalled(token, true);
    if (recalled) return recalled;
    const text = tokenText(token);
    return this.#settled((mayFetch) => this.#verified(text, mayFetch));
  }

  verifySync(token: string): VerifiedToken<C> {
    return this.#recalled(token, false) ?? this.#answer(this.#verified(tokenText(token), false));
  }

  async authorize(token: string | undefined, request: AuthorizeRequest): Promise<Decision<C>> {
    const { method, path, host } = request;
    return this.#settled((mayFetch) => this.#decided(token, method, path, host, mayFetch));
  }

  authorizeSync(token: string | undefined, { method, path, host }: AuthorizeRequest): Decision<C> {
    return this.#answer(this.#decided(token, method, path, host, false));
  }

  can(token: VerifiedToken<C>, permission: string): boolean {
    if (!this.#tokens.has(token)) throw new TypeError("the token was not verified by this verifier");
    if (typeof permission !== "string") throw new TypeError("the permission must be a string");
    const asked = JSON.stringify([permission.slice(0, MAX_TEXT), token.issuer, ...token.permissions]);
    return this.#living().ask("can", [], undefined, asked);
  }

  async refresh(): Promise<void> {
    const raw = this.#living();
    const now = this.#moment();
    this.#fetcher.start(raw.ask("refresh", [], now), now);
    await this.#fetcher.allEnded();
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
    const kept = this.#tokens.get(token);
    if (kept === undefined) return undefined;
    const raw = this.#living();
    const now = this.#moment();
    const found = raw.recall(kept.serial, now, mayFetch);
    if (found < 0) return undefined;
    if (found > 0) this.#take(raw.ask("news", [mayFetch], now), now);
    return kept.token;
  }

  /** Asks, and asks again as long as what is in flight may change the answer. */
  async #settled<A>(ask: (mayFetch: boolean) => Asked<A>): Promise<A> {
    let asked = ask(true);
    // By the host's clock: that of the options may stand still.
    let until: number | undefined;
    while (asked.wait !== undefined && this.#fetcher.busy && (until ??= Date.now() + MAX_WAIT_MS) > Date.now()) {
      await this.#fetcher.oneEnded(asked.wait);
      asked = ask(true);
    }
    return this.#answer(asked);
  }

  #answer<A>({ answer, error }: Asked<A>): A {
    if (answer) return answer;
    const { code, message, ...details } = error as RawError;
    const cause = code.endsWith("_unavailable") ? this.#fetcher.failure : undefined;
    throw new LaikaError(code as LaikaErrorCode, message, { ...details, cause });
  }

  /** Takes note of what comes with every answer. */
  #take<O extends Outcome>(outcome: O, now: number): O {
    this.#tokens.follow(outcome);
    if (outcome.fetch) this.#fetcher.start(outcome.fetch, now);
    return outcome;
  }

  #verified(text: string, mayFetch: boolean): Asked<VerifiedToken<C>> {
    const raw = this.#living();
    const now = this.#moment();
    const outcome = this.#take(raw.verify(text, now, mayFetch), now);
    return { wait: outcome.wait, answer: this.#tokens.add(text, outcome), error: outcome.error };
  }

  #decided(token: unknown, method: unknown, path: unknown, host: unknown, mayFetch: boolean): Asked<Decision<C>> {
    const raw = this.#living();
    const now = this.#moment();
    let kept = this.#tokens.get(token);
    let found: number | AuthorizeOutcome = UNKNOWN;
    if (kept || token === undefined) found = raw.decide(kept ? kept.serial : NOBODY, method, path, host, now, mayFetch);
    if (typeof found === "number" && found >= 0) return { wait: undefined, answer: this.#allowed(raw, found, kept) };
    const text = tokenText(token);
    if (found === UNKNOWN) {
      kept = undefined;
      found = raw.ask("authorize", [requestText(method, path, host), mayFetch], now, text);
    }
    const { wait, decision, ...outcome } = this.#take(found as AuthorizeOutcome, now);
    const known = kept && outcome.serial !== undefined ? kept.token : this.#tokens.add(text, outcome);
    return { wait, answer: Object.freeze(known ? { ...decision, token: known } : decision) as Decision<C> };
  }

  /** What is decided where the rule at `place` allows a request. */
  #allowed(raw: RawVerifier, place: number, kept: Kept<C> | undefined): Decision<C> {
    const rules = this.#rules;
    while (rules.length <= place) rules.push(undefined);
    const rule = (rules[place] ??= raw.ask("ruleAt", [place]));
    const decision: Record<string, unknown> = { allowed: true, status: 200, rule };
    if (kept) decision.token = kept.token;
    else decision.code = "token_missing";
    return Object.freeze(decision) as unknown as Decision<C>;
  }

  /** The time at which the module is asked, which knows what became of every fetch. */
  #moment(): number {
    this.#fetcher.giveUpOverdue();
    return this.#now();
  }

  #living(): RawVerifier {
    if (!this.#raw) throw new LaikaError("options_invalid", "this verifier was freed: make another");
    return this.#raw;
  }
}

/** What the module has said once. */
interface Asked<A> {
  /** For how many seconds what is in flight may change the answer. */
  wait: number | undefined;
  answer: A | undefined;
  /** In place of an answer. */
  error?: RawError | undefined;
}

function tokenText(token: unknown): string {
  return typeof token === "string" ? token.slice(0, MAX_TEXT) : MALFORMED_TOKEN;
}

function validTime(now: unknown): number {
  if (typeof now === "number" && now >= 0 && now <= MAX_TIME) return now;
  throw new LaikaError("options_invalid", `\`now\` must return Unix seconds, not \`${String(now)}\``);
}
