import { LaikaError } from "laika-verifier";
import { parsedUrl } from "../parsed-url.js";
import type { Verifier, VerifierOptions } from "../types.js";

/** A place in a request where a token may stand. */
export type TokenPlace =
  /** A header: the token behind `scheme` (`Bearer`), or as the whole value where there is none. */
  | { header: string; scheme?: string }
  /**
   * A cookie. A browser sends it whoever asks for it, so unsafe methods and WebSocket upgrades need
   * `Sec-Fetch-Site: same-origin` or an `Origin` among `cookieOrigins`.
   */
  | { cookie: string };

/**
 * How requests are read and answered, besides what the verifier is told.
 *
 * @example
 * ```ts
 * import { protect, type GuardSettings } from "laika-verifier/middleware/express";
 *
 * const settings: GuardSettings = {
 *   realm: "orders",
 *   tokenFrom: [{ header: "authorization", scheme: "Bearer" }, { cookie: "micro" }],
 *   cookieOrigins: ["https://app.example.com"],
 * };
 * const guard = protect({ verifier, ...settings });
 * ```
 */
export interface GuardSettings {
  /** The protected space that challenges name (RFC 9110 section 11.5). */
  realm?: string;
  /** Where the token may stand; default `[{ header: "authorization", scheme: "Bearer" }]`. */
  tokenFrom?: TokenPlace[];
  /** Exact origins besides the own one whose pages may send the token by cookie. */
  cookieOrigins?: string[];
}

/**
 * What decides: a verifier; one with settings; or the options to make one of, with settings.
 * Unknown settings and options are refused, never ignored.
 *
 * @typeParam C claims of yours, besides the standard ones
 * @example
 * ```ts
 * import type { Source } from "laika-verifier/middleware/express";
 *
 * const sources: Source[] = [
 *   verifier,
 *   { verifier, realm: "orders" },
 *   { issuers: { issuer, audience: "orders", jwksUri }, policy, realm: "orders" },
 * ];
 * ```
 */
export type Source<C = {}> = Verifier<C> | ({ verifier: Verifier<C> } & GuardSettings) | (VerifierOptions & GuardSettings);

/** {@link GuardSettings}, checked. */
export interface Settings {
  readonly realm: string | undefined;
  readonly headers: readonly { readonly name: string; readonly scheme: string | undefined }[];
  readonly cookies: readonly string[];
  readonly cookieOrigins: readonly string[];
}

/** A {@link Source}, taken apart. */
export interface Parts<C> {
  readonly settings: Settings;
  /** A verifier, or what to make one of. */
  readonly from: Verifier<C> | VerifierOptions;
}

/** A token in RFC 9110 section 5.6.2: a header's or cookie's name, a scheme. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Takes a source apart.
 *
 * @throws {LaikaError} `options_invalid`
 */
export function partsOf<C>(source: Source<C>): Parts<C> {
  if (typeof source !== "object" || source === null) throw invalid("a verifier or options must be given");
  if (isVerifier<C>(source)) return { settings: settingsOf({}), from: source };
  const { realm, tokenFrom, cookieOrigins, ...from } = source;
  const settings = settingsOf({ realm, tokenFrom, cookieOrigins });
  if (!("verifier" in from)) return { settings, from };
  const { verifier, ...unknown } = from;
  if (!isVerifier<C>(Object(verifier))) throw invalid("`verifier` must be one that `createVerifier` made");
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw invalid(`\`${name}\` can't stand beside \`verifier\``);
  return { settings, from: verifier };
}

/** Whether this is a verifier rather than options. */
export function isVerifier<C>(value: object): value is Verifier<C> {
  return typeof (value as Partial<Verifier<C>>).authorize === "function";
}

interface Given {
  realm?: unknown;
  tokenFrom?: unknown;
  cookieOrigins?: unknown;
}

function settingsOf({ realm, tokenFrom, cookieOrigins }: Given): Settings {
  if (realm !== undefined && typeof realm !== "string") throw invalid("`realm` must be text");
  const places = listOf("tokenFrom", tokenFrom ?? [{ header: "authorization", scheme: "Bearer" }]);
  if (places.length === 0) throw invalid("`tokenFrom` must name at least one place");
  const cookies: string[] = [];
  const headers: { name: string; scheme: string | undefined }[] = [];
  for (const place of places) {
    const { header, scheme, cookie, ...unknown } = Object(place) as Record<string, unknown>;
    const ok = Object.keys(unknown).length === 0 && (scheme === undefined || isToken(scheme));
    if (ok && isToken(header) && cookie === undefined) headers.push({ name: header.toLowerCase(), scheme });
    else if (ok && isToken(cookie) && header === undefined && scheme === undefined) cookies.push(cookie);
    else throw invalid("each of `tokenFrom` must be `{ header, scheme }`, `{ header }` or `{ cookie }`");
  }
  return { realm, headers, cookies, cookieOrigins: listOf("cookieOrigins", cookieOrigins ?? []).map(originOf) };
}

function listOf(name: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(`\`${name}\` must be a list`);
}

function isToken(value: unknown): value is string {
  return typeof value === "string" && TOKEN.test(value);
}

/** An origin in the one spelling in which a browser sends it. */
function originOf(value: unknown): string {
  const url = parsedUrl(value);
  if (url && url.origin === value) return value;
  const advice = url && url.origin !== "null" ? `: write \`${url.origin}\`` : "";
  throw invalid(`\`${String(value)}\` among \`cookieOrigins\` is not an origin${advice}`);
}

function invalid(message: string): LaikaError {
  return new LaikaError("options_invalid", message);
}
