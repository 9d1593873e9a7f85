import { parsedUrl } from "../parsed-url.js";
import { SessionError } from "./error.js";

/**
 * Options of a session. Unknown options are refused, never ignored.
 *
 * @example
 * ```ts
 * import { createSession, type SessionOptions } from "laika-verifier/client";
 *
 * const options: SessionOptions = {
 *   issuer: "https://id.example.com",
 *   apis: { "https://api.example.com": "orders" },
 *   client: "the shop",
 * };
 * const session = createSession(options);
 * ```
 */
export interface SessionOptions {
  /** The issuer's URL: https, or http on loopback. This page's origin must be one that it allows. */
  issuer: string;
  /**
   * The origins of your APIs, each with the service, or services, whose token it gets:
   * `{ "https://api.example.com": "orders" }`. No other origin ever gets one.
   */
  apis?: Readonly<Record<string, string | readonly string[]>>;
  /** What this app calls itself in the user's list of sessions. */
  client?: string;
  /** Default: the global one. */
  fetch?: typeof globalThis.fetch;
}

/** {@link SessionOptions}, checked. */
export interface Checked {
  /** Without a slash at its end. */
  readonly issuer: string;
  /** Services by origin. */
  readonly apis: ReadonlyMap<string, readonly string[]>;
  readonly client: string | undefined;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * Reads options.
 *
 * @throws {SessionError} `options_invalid`
 */
export function checked(options: SessionOptions): Checked {
  const { issuer, apis = {}, client, fetch: fetchWith, ...unknown } = Object(options) as SessionOptions;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw invalid(`there is no option \`${name}\``);
  if (client !== undefined && typeof client !== "string") throw invalid("`client` must be text");
  if (fetchWith !== undefined && typeof fetchWith !== "function") throw invalid("`fetch` must be a function");
  const url = secureUrl("issuer", issuer);
  if (url.search !== "" || url.hash !== "") throw invalid("`issuer` must be a URL without query and fragment");
  return {
    issuer: url.href.replace(/\/+$/, ""),
    apis: new Map(Object.entries(apis).map(([origin, services]) => [originOf(origin), servicesOf(origin, services)])),
    client,
    // A browser's own refuses to be called as a method of something else.
    fetch: (input, init) => (fetchWith ?? fetch)(input, init),
  };
}

function originOf(text: string): string {
  const { origin } = secureUrl("apis", text);
  if (origin !== text) throw invalid(`\`${text}\` among \`apis\` is not an origin: write \`${origin}\``);
  return origin;
}

function servicesOf(origin: string, services: unknown): readonly string[] {
  const list = [services].flat();
  const ok = list.length > 0 && list.every((service) => typeof service === "string" && service !== "");
  if (!ok) throw invalid(`\`apis["${origin}"]\` must name a service, or several`);
  return [...(list as string[])].sort();
}

/** Tokens and passwords go over TLS, or never leave this computer. */
function secureUrl(name: string, text: unknown): URL {
  const url = parsedUrl(text);
  if (!url) throw invalid(`\`${String(text)}\` (\`${name}\`) is not a URL`);
  const loopback = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.username !== "" || url.password !== "") throw invalid(`\`${name}\` must not hold a password`);
  if (url.protocol === "https:" || (url.protocol === "http:" && loopback)) return url;
  throw invalid(`\`${text}\` (\`${name}\`) must be https, or http on loopback`);
}

function invalid(message: string): SessionError {
  return new SessionError("options_invalid", message);
}
