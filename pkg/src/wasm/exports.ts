import type { Stats } from "../types.js";

/**
 * The seam to Rust: what the module exports, all of it in numbers, and what it is asked in JSON.
 * `load.ts` assigns the generated types to {@link Exports}, so a change on the other side does not
 * compile here.
 */

/** The module. Verifiers are numbers, times are Unix seconds, flags are 0 and 1. */
export interface Exports {
  readonly memory: WebAssembly.Memory;
  /** The address of a place where so many bytes may be written, good until more are asked for; 0 lets go of it. */
  input(bytes: number): number;
  /** The address of the {@link Report}. */
  report(): number;
  /**
   * Verifies the token of so many bytes that stands at {@link input}. 1: its claims are all there is to
   * say, and stand where the report says, until the next call; its header is the one that came last.
   * 2: the same, and its header is the answer. 0: the answer is all, a {@link VerifyOutcome}.
   */
  prove(verifier: number, length: number, now: number, mayFetch: number): number;
  /** Whether the token of that serial still holds: below 0 it does not; above, it does, and there is `news`. */
  recall(verifier: number, serial: number, now: number, mayFetch: number): number;
  /**
   * The place of the rule that allows the request, for nobody (`serial` is -1) or for whoever has the
   * token of that serial. The request of so many bytes stands at {@link input}: method, path and
   * perhaps host, with line feeds between them. -1: the answer, an {@link AuthorizeOutcome}, says more.
   * -2: the token does not hold any more, so that its text is needed.
   */
  decide(verifier: number, serial: number, length: number, now: number, mayFetch: number): number;
  /**
   * Answers one of the {@link Questions}, of so many bytes at {@link input}: a JSON array of its name
   * and its arguments. Any `bytes` it is about follow it. 0: in place of an answer there is an error,
   * `{ code, message }`.
   */
  ask(verifier: number, length: number, bytes: number, now: number): number;
  /** Lets go of a verifier, whose number may be given again. */
  release(verifier: number): void;
}

/** Address and length of the claims, then of the answer, both JSON, and the serial of the token. */
export type Report = [claims: number, length: number, answer: number, length: number, serial: number];

/** What {@link Exports.ask} knows: the questions' arguments and their answers. */
export interface Questions {
  /** The number of a new verifier; the bytes are its options, in JSON. */
  create(): number;
  /** A token, the bytes, of which nothing is verified. */
  decodeUnverified(): { header: object; claims: object };
  /** A decision on the bearer of a token, the bytes. */
  authorize(request: string, mayFetch: boolean): AuthorizeOutcome;
  /** Whether a token's grants cover a permission. The bytes: a JSON array of the permission, its issuer, and the grants. */
  can(): boolean;
  /** What comes with every answer. */
  news(mayFetch: boolean): Outcome;
  /** What to fetch at once. */
  refresh(): Fetch[];
  /** Reports an answer, whose body are the bytes. */
  fetched(id: number, status: number, cacheControl: string | undefined): Landed;
  /** Reports what an answer inflates to, the bytes; says why it is of no use, if it is of none. */
  inflated(id: number): string | null;
  /** Reports that no answer came, or that it could not be inflated. */
  fetchFailed(id: number): null;
  /** The counters. */
  stats(): Stats;
  /** The id of the rule at that place. */
  ruleAt(place: number): string;
}

/** Something to GET now, already marked as in flight; report by `fetched` or `fetchFailed`. */
export interface Fetch {
  id: number;
  uri: string;
}

/** What became of an answer. */
export interface Landed {
  /** Why it is of no use. */
  failure?: string;
  /** What to fetch next. */
  fetch?: Fetch[];
  /** A zlib stream in base64, to be inflated to at most so many bytes and reported by `inflated`. */
  inflate?: { data: string; limit: number };
}

/** What comes with every answer. */
export interface Outcome {
  /** Changes when tokens have left the module's cache, `null` without a cache; absent where it has not. */
  generation?: number | null;
  /** Names the verified token, where there is one. */
  serial?: number;
  /** The token itself, where it was verified just now. */
  token?: object;
  /** What the host must start to fetch now. */
  fetch?: Fetch[];
  /** The answer may change once what is in flight has ended: wait at most so many seconds, and ask again. */
  wait?: number;
}

/** Either a token or an error. */
export interface VerifyOutcome extends Outcome {
  error?: RawError;
}

/** Always a decision; the token stands beside it. */
export interface AuthorizeOutcome extends Outcome {
  decision: object;
}

/** An error as data. */
export interface RawError {
  code: string;
  message: string;
  claim?: string;
  expected?: unknown;
  actual?: unknown;
}
