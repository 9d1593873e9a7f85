/**
 * The seam to Rust: what the generated module offers. `load.ts` assigns the generated classes to
 * these interfaces, so a change on the other side does not compile here.
 */

/** The generated module, as far as it is used. */
export interface RawModule {
  /** The module's memory. */
  memory: WebAssembly.Memory;
  /** Options as JSON text. */
  RawVerifier: new (options: string) => RawVerifier;
  /** JSON of `{ header, claims }`. */
  decodeUnverified(token: string): string;
}

/**
 * One verifier in WebAssembly. Times are Unix seconds. Methods throw the JSON
 * text of `{ code, message }`.
 */
export interface RawVerifier {
  /** The address of a place where so many bytes of a token's text may be written; good until the next call. */
  input(bytes: number): number;
  /**
   * Verifies the token of so many bytes that stands there. 1: its claims are all there is to say, and
   * stand where {@link report} says, until the next call; its header is the one that came last. 2: the
   * same, and its header is the {@link rest}. 0: the rest is all, JSON of a {@link VerifyOutcome}.
   */
  prove(length: number, now: number, mayFetch: boolean): number;
  /** The address of three doubles: address and length of the claims, serial of the token. */
  report(): number;
  /** Whatever {@link prove} says is there. */
  rest(): string;
  /** Whether the token of that serial still holds: below 0 it does not; above, it does, and there are {@link news}. */
  recall(serial: number, now: number, mayFetch: boolean): number;
  /** JSON of an {@link Outcome}. */
  news(now: number, mayFetch: boolean): string;
  /**
   * The place of the rule that allows the request, for nobody (`serial` is -1) or for whoever has the
   * token of that serial. Below 0: ask {@link authorize}. The request of so many bytes stands at
   * {@link input}: method, path and perhaps host, with line feeds between them.
   */
  permits(serial: number, length: number, now: number, mayFetch: boolean): number;
  /** The id of the rule at that place. */
  ruleAt(place: number): string | undefined;
  /**
   * JSON of an {@link AuthorizeOutcome}, by a token's text or, in its place, by its serial, otherwise
   * -1; `undefined` when the token of that serial does not hold, so that its text is needed.
   */
  authorize(token: string | undefined, serial: number, request: string, now: number, mayFetch: boolean): string | undefined;
  /** JSON array of a permission, the issuer of a token, and what the token grants: whether that covers it. */
  can(asked: string): boolean;
  /** JSON array of {@link Fetch}: what to fetch at once. */
  refresh(now: number): string;
  /** Reports an answer. JSON of a {@link Landed}. */
  fetched(id: number, status: number, cacheControl: string | undefined, body: Uint8Array, now: number): string;
  /** Reports what an answer inflates to; says why it is of no use, if it is of none. */
  inflated(id: number, bytes: Uint8Array, now: number): string | undefined;
  /** Reports that no answer came, or that it could not be inflated. */
  fetchFailed(id: number): void;
  /** JSON of the counters. */
  stats(): string;
  free(): void;
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
