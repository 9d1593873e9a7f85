/**
 * Tokens in HTTP headers: what `verifier/src/bearer.rs` is to the proxy filter and to the layer for
 * Rust backends. The two must agree in everything; the tests hold them to it.
 */

/** A name or value that stands once in a request. */
export type Header = readonly [name: string, value: string];

/** Headers by which a client can make a backend see another method than the policy saw. */
const METHOD_OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];

/**
 * Whether a header of that name asks for another method, in any spelling: CGI and its heirs fold
 * case and turn `-` into `_` (RFC 3875 section 4.1.18).
 */
export function overridesMethod(name: string): boolean {
  return METHOD_OVERRIDES.includes(name.toLowerCase().replaceAll("_", "-"));
}

/** Every value of the header `name`, which is in lower case. */
export function valuesOf(headers: readonly Header[], name: string): string[] {
  return headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
}

/**
 * The tokens in the value of a header, behind the scheme `scheme` (compared without case, RFC 9110
 * section 11.1): none, one, or several where somebody has joined several headers into one by commas.
 */
export function tokensOf(value: string, scheme: string): string[] {
  const tokens: string[] = [];
  const start = `${scheme.toLowerCase()} `;
  for (const part of value.split(",")) {
    const credentials = part.replace(/^[ \t\n\f\r]+/, "");
    if (credentials.slice(0, start.length).toLowerCase() === start) tokens.push(credentials.slice(start.length));
    // No token has a comma, so what goes on behind one is malformed.
    else if (tokens.length > 0) tokens.push(`${tokens.pop()},${part}`);
  }
  return tokens.map(trimSpaces);
}

/** The tokens in a header that holds nothing else; several where it was sent several times. */
export function bareTokensOf(value: string): string[] {
  return value.split(",").map(trimSpaces);
}

/**
 * The values of the cookie `name` in a `Cookie` header (RFC 6265 section 4.2.1). Neither a token nor
 * a cookie's value has a comma: behind one stands another header, where a runtime has joined two.
 */
export function cookiesOf(value: string, name: string): string[] {
  const start = `${name}=`;
  const pairs = value.split(";").map(trimAscii);
  return pairs.filter((pair) => pair.startsWith(start)).flatMap((pair) => pair.slice(start.length).split(","));
}

/**
 * Without ASCII white space at the ends. `trim()` takes Unicode's too, and so would make the name of
 * another cookie ours: one that a browser lets a neighbouring domain set, prefix `__Host-` or not.
 */
export function trimAscii(text: string): string {
  return /[^ \t\n\f\r](?:.*[^ \t\n\f\r])?/s.exec(text)?.[0] ?? "";
}

function trimSpaces(text: string): string {
  return text.replace(/^ +/, "").replace(/ +$/, "");
}
