import type { LaikaErrorCode } from "./code.js";
import { LaikaError } from "./error.js";
import { Fetcher } from "./fetcher.js";
import { parseFrozen } from "./freeze.js";
import { guarded } from "./guarded.js";
import { type Kept, Tokens } from "./tokens.js";
import { Crossing } from "./wasm/crossing.js";
import type { AuthorizeRequest, Decision, Stats, VerifiedToken, Verifier } from "./types.js";
import type { AuthorizeOutcome, Fetch, Outcome, RawError, RawVerifier } from "./wasm/raw.js";

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
/** Stands for a request that is not even text: refused before any rule is looked at. */
const INVALID_REQUEST = "GET\n\0";

/** A verifier: asks the WebAssembly module, and fetches what it lacks. */
export class WasmVerifier<C> implements Verifier<C> {
  readonly #now: () => number;
  readonly #fetcher: Fetcher;
  readonly #crossing: Crossing;
  readonly #tokens = new Tokens<C>();
  /** Ids of rules by their place in the policy, as far as they were used. */
  readonly #rules: string[] = [];
  #raw: RawVerifier | undefined;

  constructor(raw: RawVerifier, memory: WebAssembly.Memory, now: () => number, fetchWith: typeof fetch) {
    this.#raw = raw;
    this.#crossing = new Crossing(raw, memory);
    this.#now = () => validTime(now());
    this.#fetcher = new Fetcher(raw, this.#now, fetchWith);
  }

  async verify(token: string): Promise<VerifiedToken<C>> {
    return this.#recalled(token, true) ?? this.#askUntilSettled(this.#verifying(token));
  }

  verifySync(token: string): VerifiedToken<C> {
    return this.#recalled(token, false) ?? this.#answer(this.#verifying(token), false);
  }

  async authorize(token: string | undefined, request: AuthorizeRequest): Promise<Decision<C>> {
    return this.#permitted(token, request, true) ?? this.#askUntilSettled(this.#authorizing(token, request));
  }

  authorizeSync(token: string | undefined, request: AuthorizeRequest): Decision<C> {
    return this.#permitted(token, request, false) ?? this.#answer(this.#authorizing(token, request), false);
  }

  can(token: VerifiedToken<C>, permission: string): boolean {
    if (!this.#tokens.has(token)) throw new TypeError("the token was not verified by this verifier");
    if (typeof permission !== "string") throw new TypeError("the permission must be a string");
    const raw = this.#living();
    return guarded(() => raw.can(JSON.stringify([permission, token.issuer, ...token.permissions])));
  }

  async refresh(): Promise<void> {
    const raw = this.#living();
    const now = this.#now();
    this.#fetcher.giveUpOverdue();
    this.#fetcher.start(JSON.parse(guarded(() => raw.refresh(now))) as Fetch[], now);
    while (this.#fetcher.busy) {
      await this.#fetcher.oneEnded();
      this.#fetcher.giveUpOverdue();
    }
  }

  stats(): Stats {
    const raw = this.#living();
    return parseFrozen(guarded(() => raw.stats()));
  }

  free(): void {
    this.#fetcher.close();
    const raw = this.#raw;
    this.#raw = undefined;
    if (raw) guarded(() => raw.free());
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
    const found = guarded(() => raw.recall(kept.serial, now, mayFetch));
    if (found < 0) {
      this.#tokens.drop(token as string);
      return undefined;
    }
    if (found > 0) this.#take(JSON.parse(guarded(() => raw.news(now, mayFetch))) as Outcome, now);
    this.#tokens.use(token as string, kept);
    return kept.token;
  }

  /** The decision, if the request is one that a rule allows and the token, if there is one, is kept. */
  #permitted(token: unknown, request: AuthorizeRequest, mayFetch: boolean): Decision<C> | undefined {
    const kept = token === undefined ? undefined : this.#tokens.get(token as string);
    if (token !== undefined && !kept) return undefined;
    const text = requestText(request);
    const raw = this.#living();
    const now = this.#now();
    this.#fetcher.giveUpOverdue();
    const place = guarded(() => raw.permits(kept ? kept.serial : NOBODY, this.#crossing.write(text), now, mayFetch));
    if (place < 0) return undefined;
    const rule = (this.#rules[place] ??= guarded(() => raw.ruleAt(place)) as string);
    if (!kept) return Object.freeze({ allowed: true, status: 200, code: "token_missing", rule }) as Decision<C>;
    this.#tokens.use(token as string, kept);
    return Object.freeze({ allowed: true, status: 200, rule, token: kept.token }) as Decision<C>;
  }

  /** Asks, and asks again as long as what is in flight may change the answer. */
  async #askUntilSettled<A>(question: Question<A>): Promise<A> {
    for (let waits = 0; ; waits++) {
      const { wait, answer } = this.#ask(question, true);
      if (wait === undefined || !this.#fetcher.busy || waits >= MAX_WAITS) return answer();
      await this.#fetcher.oneEnded(wait);
    }
  }

  #answer<A>(question: Question<A>, mayFetch: boolean): A {
    return this.#ask(question, mayFetch).answer();
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
    return (_, now, mayFetch) => {
      const outcome = this.#take(
        guarded(() => this.#crossing.verify(text, now, mayFetch)),
        now,
      );
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
      const ask = (token: string | undefined, serial: number): string | undefined =>
        guarded(() => raw.authorize(token, serial, asked, now, mayFetch));
      let kept: Kept<C> | undefined = text === undefined ? undefined : this.#tokens.get(text);
      let json = kept && ask(undefined, kept.serial);
      if (json === undefined) {
        kept = undefined;
        json = ask(text, NOBODY) as string;
      }
      const outcome = this.#take(parseFrozen<AuthorizeOutcome>(json), now);
      const known = kept && outcome.serial !== undefined ? kept.token : this.#tokens.add(text as string, outcome);
      if (kept && known) this.#tokens.use(text as string, kept);
      const decision = Object.freeze(known ? { ...outcome.decision, token: known } : outcome.decision) as Decision<C>;
      return { wait: outcome.wait, answer: () => decision };
    };
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
