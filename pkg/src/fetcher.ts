import { host } from "#host";
import { inflate, readAll } from "./streams.js";
import type { Fetch, Landed } from "./wasm/exports.js";
import type { RawVerifier } from "./wasm/raw-verifier.js";

/** How long an answer may take, headers and body together. */
const TIMEOUT_MS = 5_000;
/** When a fetch whose own timer never fired is given up: its request was cancelled by the host. */
const OVERDUE_MS = TIMEOUT_MS + 500;
/** The largest body that is read. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Does what the state machine asks for: the only place with I/O.
 *
 * Each fetch is reported exactly once and nothing here ever rejects, so a fetch in the background
 * needs nobody who waits for it.
 */
export class Fetcher {
  readonly #raw: RawVerifier;
  readonly #now: () => number;
  readonly #fetch: typeof fetch;
  readonly #running = new Map<number, Running>();
  #failure: Error | undefined;

  constructor(raw: RawVerifier, now: () => number, fetchWith: typeof fetch) {
    this.#raw = raw;
    this.#now = now;
    this.#fetch = fetchWith;
  }

  /** Whether anything is in flight. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Why the last fetch brought nothing, until one does. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Starts `fetches` at the Unix time `now`, where they follow from another: from the one with the id `first`. */
  start(fetches: readonly Fetch[], now: number, first?: number): void {
    for (const { id, uri } of fetches) {
      const abort = new AbortController();
      const done = this.#run(id, uri, abort, now);
      this.#running.set(id, { uri, abort, done, first: first ?? id, since: Date.now() });
      host.keepAlive(done);
    }
  }

  /** Waits until one of the fetches in flight has ended, at most `seconds` or until the oldest is overdue. */
  async oneEnded(seconds = Infinity): Promise<void> {
    const running = [...this.#running.values()];
    const oldest = Math.min(...running.map(({ since }) => since));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const overdue = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(seconds * 1000, oldest + OVERDUE_MS - Date.now()));
    });
    await Promise.race([overdue, ...running.map(({ done }) => done)]);
    clearTimeout(timer);
  }

  /** Waits until all that is in flight has ended, and what follows from it, but not what others start meanwhile. */
  async allEnded(): Promise<void> {
    const firsts = () => [...this.#running.values()].map(({ first }) => first);
    const awaited = new Set(firsts());
    while (firsts().some((first) => awaited.has(first))) {
      await this.oneEnded();
      this.giveUpOverdue();
    }
  }

  /** Reports what a host has cancelled without a word; to be called before the module is asked. */
  giveUpOverdue(): void {
    for (const [id, { uri, since }] of this.#running) {
      if (Date.now() - since >= OVERDUE_MS) this.#end(id, uri, () => this.#failed(id, "cancelled by the host"));
    }
  }

  /** Ends everything in flight; nothing is reported any more. */
  close(): void {
    for (const { abort } of this.#running.values()) abort.abort();
    this.#running.clear();
  }

  async #run(id: number, uri: string, abort: AbortController, started: number): Promise<void> {
    const answer = await this.#get(uri, abort).catch((error: unknown) => reason(error));
    const running = this.#running.get(id);
    if (!running) return;
    const now = this.#nowOr(started);
    const failed = (why: string) => this.#end(id, uri, () => this.#failed(id, why));
    if (typeof answer === "string") return failed(answer);
    const { status, cacheControl, body } = answer;
    let landed: Landed;
    try {
      landed = this.#raw.ask("fetched", [id, status, cacheControl], now, body);
    } catch (error) {
      return failed(reason(error));
    }
    // Before this one is over, so that whoever waits for all sees what follows.
    this.start(landed.fetch ?? [], now, running.first);
    if (landed.inflate) {
      const { data, limit } = landed.inflate;
      const bytes = await inflate(data, limit).catch((error: unknown) => reason(error));
      if (typeof bytes === "string") failed(bytes);
      else this.#end(id, uri, () => this.#raw.ask("inflated", [id], now, bytes));
    } else {
      this.#end(id, uri, () => landed.failure);
    }
  }

  /** Ends a fetch by `report`, which says why it brought nothing, if it brought nothing. */
  #end(id: number, uri: string, report: () => string | null | undefined): void {
    if (!this.#running.delete(id)) return;
    try {
      const failure = report();
      this.#failure = failure == null ? undefined : new Error(`${uri}: ${failure}`);
    } catch {
      // A module that fails here fails in the next call as well, where somebody hears it.
    }
  }

  #failed(id: number, why: string): string {
    this.#raw.ask("fetchFailed", [id]);
    return why;
  }

  /** One GET within the limits; rejects when there is no answer. */
  async #get(uri: string, abort: AbortController): Promise<Answer> {
    const { signal } = abort;
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    // Raced, for a `fetch` from the options may not heed the signal.
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    });
    try {
      return await Promise.race([aborted, request(this.#fetch, uri, signal)]);
    } finally {
      clearTimeout(timer);
      // Ends a body that is too large or was not asked for.
      abort.abort();
    }
  }

  /** The time, or `fallback` when the clock of the options fails where nobody could catch it. */
  #nowOr(fallback: number): number {
    try {
      return this.#now();
    } catch {
      return fallback;
    }
  }
}

interface Running {
  readonly uri: string;
  readonly abort: AbortController;
  readonly done: Promise<void>;
  /** The id of the fetch with which it began, perhaps its own. */
  readonly first: number;
  /** Milliseconds, by the host's clock: the one of the options may stand still. */
  readonly since: number;
}

interface Answer {
  status: number;
  cacheControl: string | undefined;
  body: Uint8Array;
}

async function request(fetchWith: typeof fetch, uri: string, signal: AbortSignal): Promise<Answer> {
  // "error" throws in workerd before any request; a redirect comes back as a status that is not 200.
  const response = await fetchWith(uri, { ...host.requestInit, redirect: "manual", signal });
  const { status, type, headers } = response;
  // What a browser makes of it; elsewhere the status says so.
  if (type === "opaqueredirect") throw new Error("redirects are not followed");
  const body = status === 200 ? await readAll(response.body, MAX_BODY_BYTES) : new Uint8Array();
  return { status, cacheControl: headers.get("cache-control") ?? undefined, body };
}

/** Why there was no answer; the cause says more than "fetch failed". */
function reason(error: unknown): string {
  const { message, cause } = (error ?? {}) as { message?: unknown; cause?: { message?: unknown } };
  return String(cause?.message || message || error);
}
