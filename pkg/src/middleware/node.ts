import type { Incoming } from "./request.js";
import type { Header } from "./tokens.js";

/** A request of Node, as far as it is read; `IncomingMessage` and `Http2ServerRequest` are such. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Where a framework keeps the target that came, once it has changed `url`. */
  readonly originalUrl?: string | undefined;
  /** Names and values by turns, each as it came. */
  readonly rawHeaders?: readonly string[];
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A request of Node's `http` or `http2`, with the target that came. */
export function fromNode(request: NodeRequest): Incoming {
  const headers = headersOf(request);
  return {
    method: request.method ?? "",
    target: request.originalUrl ?? request.url ?? "",
    authority: headers.find(([name]) => name === ":authority")?.[1],
    headers,
  };
}

/** Every header as it came: `headers` joins some that come twice, and drops others. */
function headersOf({ rawHeaders = [], headers }: NodeRequest): Header[] {
  const came: Header[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) came.push([`${rawHeaders[at]}`, `${rawHeaders[at + 1]}`]);
  if (came.length > 0) return came;
  // Frameworks on platforms without Node's server fill in these alone.
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? []]).flat().map((one): Header => [name, `${one}`]),
  );
}
