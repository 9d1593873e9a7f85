import { readAll } from "../streams.js";
import type { VerifierOptions } from "../types.js";

/** How long a data centre keeps a key set, in seconds: what a removed key may outlive its set by. */
const KEPT_SECONDS = 60;
/** The largest key set that is kept; the verifier reads no larger one. */
const MAX_BYTES = 256 * 1024;
/** Where the key set's own `Cache-Control` waits, while the entry has that of the cache. */
const ORIGINAL = "x-laika-cache-control";

/**
 * A `fetch` that shares key sets between the isolates of a data centre by the Cache API.
 *
 * Only the first fetch of a key set is answered from there: it saves a new isolate the way to the
 * issuer. Whatever the verifier fetches later, because keys age or a token names an unknown one,
 * goes to the endpoint and renews what is kept. Nothing but key sets named by `jwksUri` is kept;
 * metadata and status lists never are.
 */
export class KeyCache {
  readonly #uris: ReadonlySet<string>;
  readonly #cache: Cache;
  readonly #fetch: typeof fetch;
  readonly #asked = new Set<string>();
  readonly #kept = new Set<string>();

  constructor({ issuers, fetch: fetchWith }: VerifierOptions, cache: Cache) {
    this.#uris = new Set([issuers].flat().flatMap((issuer) => issuer?.jwksUri ?? []));
    this.#cache = cache;
    // As a function of its own: a browser's refuses to be called as a method of something else.
    this.#fetch = (input, init) => (fetchWith ?? fetch)(input, init);
  }

  /** Whether a key set in use was answered from the cache, and its endpoint was not asked since. */
  get inUse(): boolean {
    return this.#kept.size > 0;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const uri = String(input);
    if (!this.#uris.has(uri)) return this.#fetch(input, init);
    const first = !this.#asked.has(uri);
    this.#asked.add(uri);
    const kept = first ? await this.#match(uri) : undefined;
    if (kept) return kept;
    try {
      return await this.#keep(uri, await this.#fetch(input, init));
    } finally {
      this.#kept.delete(uri);
    }
  };

  async #match(uri: string): Promise<Response | undefined> {
    // A cache that does not work is none.
    const entry = await this.#cache.match(keyOf(uri)).catch(() => undefined);
    if (!entry) return undefined;
    this.#kept.add(uri);
    return new Response(entry.body, { headers: cacheControl(entry.headers.get(ORIGINAL)) });
  }

  /** Keeps what may be kept, and answers the same as the endpoint. */
  async #keep(uri: string, response: Response): Promise<Response> {
    const original = response.headers.get("cache-control");
    if (response.status !== 200 || /\b(no-store|no-cache|private)\b/i.test(original ?? "")) return response;
    const body = await read(response);
    if (isKeySet(body)) {
      const headers = { "cache-control": `max-age=${KEPT_SECONDS}`, [ORIGINAL]: original ?? "" };
      await this.#cache.put(keyOf(uri), new Response(body, { headers })).catch(() => undefined);
    }
    return new Response(body, { headers: cacheControl(original) });
  }
}

/** A name of our own: under the endpoint's, the entry would answer others who ask for it. */
function keyOf(uri: string): string {
  return `https://laika-verifier.invalid/keys?uri=${encodeURIComponent(uri)}`;
}

function cacheControl(value: string | null): Record<string, string> {
  return value ? { "cache-control": value } : {};
}

/** The body as text, which JSON is; rejects when it is too large or no UTF-8. */
async function read(response: Response): Promise<string> {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readAll(response.body, MAX_BYTES));
}

function isKeySet(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text).keys);
  } catch {
    return false;
  }
}
