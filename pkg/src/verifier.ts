import type { LaikaErrorCode } from "./code.js";
import { LaikaError } from "./error.js";
import { Fetcher } from "./fetcher.js";
import { freeze, parseFrozen } from "./freeze.js";
import { guarded } from "./guarded.js";
import { Tokens } from "./tokens.js";
import type { AuthorizeRequest, Decision, Stats, VerifiedToken, Verifier } from "./types.js";
import type { AuthorizeOutcome, Fetch, Outcome, RawError, RawVerifier, VerifyOutcome } from "./wasm/raw.js";

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
/** Stands for a path that is not even text: refused before any rule is looked at. */
const INVALID_PATH = "\0";

/** A verifier: asks the WebAssembly module, and fetches what it lacks. */
export class WasmVerifier<C> implements Verifier<C> {
  readonly #now: () => number;
  readonly #fetcher: Fetcher;
  readonly #tokens = new Tokens<C>();
  #raw: RawVerifier | undefined;

  constructor(raw: RawVerifier, now: () => number, fetchWith: typeof fetch) {
    this.#raw = raw;
    this.#now = () => validTime(now());
    this.#fetcher = new Fetcher(raw, this.#now, fetchWith);
  }

  async verify(token: string): Promise<VerifiedToken<C>> {
    return this.#askUntilSettled(verifying(token), this.#verified);
  }

  verifySync(token: string): VerifiedToken<C> {
    return this.#verified(this.#ask(verifying(token), false));
  }

  async authorize(token: string | undefined, request: AuthorizeRequest): Promise<Decision<C>> {
    return this.#askUntilSettled(authorizing(token, request), this.#decided);
  }

  authorizeSync(token: string | undefined, request: AuthorizeRequest): Decision<C> {
    return this.#decided(this.#ask(authorizing(token, request), false));
  }

  can(token: VerifiedToken<C>, permission: string): boolean {
    if (!this.#tokens.has(token)) throw new TypeError("the token was not verified by this verifier");
    if (typeof permission !== "string") throw new TypeError("the permission must be a string");
    const raw = this.#living();
    return guarded(() => raw.can(token.issuer, JSON.stringify(token.permissions), permission));
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

  /** Asks, and asks again as long as what is in flight may change the answer. */
  async #askUntilSettled<O extends Outcome, A>(question: Question<O>, answer: Answer<O, A>): Promise<A> {
    for (let waits = 0; ; waits++) {
      const outcome = this.#ask(question, true);
      if (outcome.wait === undefined || !this.#fetcher.busy || waits >= MAX_WAITS) return answer(outcome);
      await this.#fetcher.oneEnded(outcome.wait);
    }
  }

  #ask<O extends Outcome>(question: Question<O>, mayFetch: boolean): O {
    const raw = this.#living();
    const now = this.#now();
    this.#fetcher.giveUpOverdue();
    const outcome = JSON.parse(guarded(() => question(raw, now, mayFetch))) as O;
    this.#fetcher.start(outcome.fetch ?? [], now);
    return outcome;
  }

  /** To be called before the module is asked anything else: it knows only the last token. */
  #tokenOf(outcome: Outcome): VerifiedToken<C> | undefined {
    return this.#tokens.of(outcome, () => guarded(() => this.#living().lastToken()));
  }

  #verified = (outcome: VerifyOutcome): VerifiedToken<C> => {
    const token = this.#tokenOf(outcome);
    if (token) return token;
    const { code, message, ...details } = outcome.error as RawError;
    const cause = code.endsWith("_unavailable") ? this.#fetcher.failure : undefined;
    throw new LaikaError(code as LaikaErrorCode, message, { ...details, cause });
  };

  #decided = (outcome: AuthorizeOutcome): Decision<C> => {
    const token = this.#tokenOf(outcome);
    return freeze((token ? { ...outcome.decision, token } : outcome.decision) as Decision<C>);
  };

  #living(): RawVerifier {
    if (!this.#raw) throw new LaikaError("options_invalid", "this verifier was freed: make another");
    return this.#raw;
  }
}

/** What an outcome means. */
type Answer<O, A> = (outcome: O) => A;

/** One call of the module; answers with the JSON of an `O`. */
type Question<O> = ((raw: RawVerifier, now: number, mayFetch: boolean) => string) & { readonly answer?: O };

function verifying(token: unknown): Question<VerifyOutcome> {
  const text = tokenText(token);
  return (raw, now, mayFetch) => raw.verify(text, now, mayFetch);
}

function authorizing(token: unknown, request: AuthorizeRequest): Question<AuthorizeOutcome> {
  const text = token === undefined ? undefined : tokenText(token);
  const { method, path, host } = request;
  const valid = isText(method) && isText(path) && (host === undefined || isText(host));
  return (raw, now, mayFetch) =>
    valid
      ? raw.authorize(text, method, path, host, now, mayFetch)
      : raw.authorize(text, "GET", INVALID_PATH, undefined, now, mayFetch);
}

function tokenText(token: unknown): string {
  return typeof token === "string" ? token.slice(0, MAX_TEXT) : MALFORMED_TOKEN;
}

/** A string that survives the way into UTF-8; a lone surrogate would arrive as another character. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value.length < MAX_TEXT && !/\p{Surrogate}/u.test(value);
}

function validTime(now: unknown): number {
  if (typeof now === "number" && now >= 0 && now <= MAX_TIME) return now;
  throw new LaikaError("options_invalid", `\`now\` must return Unix seconds, not \`${String(now)}\``);
}
