import type { Answer } from "./answer.js";
import type { Incoming } from "./request.js";

/** A request of the Fetch standard; `url` is what of its own counts. */
export function fromFetch(request: Request, url = request.url): Incoming {
  // Cut, not parsed: a URL would resolve dots and hide what came.
  const [, authority, target] = /^[^:/?#]+:\/\/([^/?#]*)(.*)$/s.exec(url) ?? [];
  return { method: request.method, target: target ?? "", authority, headers: [...request.headers] };
}

/** An answer of the Fetch standard. */
export function toResponse({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers });
}
