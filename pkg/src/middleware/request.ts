import type { Settings } from "./settings.js";
import { bareTokensOf, cookiesOf, overridesMethod, tokensOf, trimAscii, valuesOf, type Header } from "./tokens.js";

/** A request as a runtime hands it out. */
export interface Incoming {
  readonly method: string;
  /** The request target as it came: path and query, nothing decoded, nothing removed. */
  readonly target: string;
  /** The authority that came beside the target: `:authority`, or that of the URL. */
  readonly authority: string | undefined;
  readonly headers: readonly Header[];
}

/** A request as the verifier wants it, or why it can't be judged. */
export type Facts = Readable | { readonly refused: string };

interface Readable {
  readonly refused?: undefined;
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly token: string | undefined;
}

/** What the policy and the verifier look at in a request; the same as `verifier/src/tower/read.rs`. */
export function factsOf({ method, target, authority, headers }: Incoming, settings: Settings): Facts {
  if (headers.some(([name]) => overridesMethod(name))) return { refused: "a method override is not accepted" };
  const cookies = cookieTokens(headers, settings);
  const tokens = new Set([...headerTokens(headers, settings), ...cookies]);
  if (tokens.size > 1) return { refused: "the request has several tokens" };
  if (cookies.length > 0 && !mayUseCookie(method, headers, settings.cookieOrigins)) {
    return { refused: "a token from a cookie needs an origin that is allowed" };
  }
  // In HTTP/2 and later the authority comes beside the path; in HTTP/1 it makes an absolute form.
  if (!target.startsWith("/") && target !== "*") return { refused: "the request target is in absolute form" };
  const [host = authority, ...others] = valuesOf(headers, "host");
  if (others.length > 0 || !sameHost(host, authority ?? host)) return { refused: "the request has several hosts" };
  return { method, path: target, host, token: [...tokens][0] };
}

function headerTokens(headers: readonly Header[], settings: Settings): string[] {
  return settings.headers.flatMap(({ name, scheme }) =>
    valuesOf(headers, name).flatMap((value) => (scheme === undefined ? bareTokensOf(value) : tokensOf(value, scheme))),
  );
}

function cookieTokens(headers: readonly Header[], settings: Settings): string[] {
  if (settings.cookies.length === 0) return [];
  const values = valuesOf(headers, "cookie");
  return settings.cookies.flatMap((name) => values.flatMap((value) => cookiesOf(value, name)));
}

/** Methods that change nothing (RFC 9110 section 9.2.1). */
const SAFE = ["GET", "HEAD", "OPTIONS", "TRACE"];

/** Whether a cookie counts: a browser sends it along whoever asks for it. */
function mayUseCookie(method: string, headers: readonly Header[], allowed: readonly string[]): boolean {
  if (SAFE.includes(method) && !upgradesToWebSocket(headers)) return true;
  const only = (name: string) => {
    const [value, ...others] = valuesOf(headers, name);
    return others.length === 0 ? value : undefined;
  };
  const origin = only("origin");
  return only("sec-fetch-site") === "same-origin" || (origin !== undefined && allowed.includes(origin));
}

function upgradesToWebSocket(headers: readonly Header[]): boolean {
  const protocols = valuesOf(headers, "upgrade").flatMap((value) => value.split(","));
  return protocols.some((protocol) => trimAscii(protocol).toLowerCase() === "websocket");
}

/** Whether both name one host; whatever is left of a port, a URL leaves its default one out. */
function sameHost(left: string | undefined, right: string | undefined): boolean {
  const bare = (host = "") => host.toLowerCase().replace(/:\d*$/, "");
  return bare(left) === bare(right);
}
