/**
 * Longer text than any option allows is not copied whole into WebAssembly's memory, which never
 * shrinks: a token or permission is cut, and still too large, and a request is refused.
 */
export const MAX_TEXT = 2 ** 20 + 1;
/** Stands for a request that is not even text: refused before any rule is looked at. */
const INVALID_REQUEST = "GET\n\0";

/** Method, path and host, as the module takes them. */
export function requestText(method: unknown, path: unknown, host: unknown): string {
  const texts = host === undefined ? [method, path] : [method, path, host];
  return texts.every(isText) ? texts.join("\n") : INVALID_REQUEST;
}

/**
 * A string that survives the way into UTF-8 (a lone surrogate would arrive as another character), and
 * has no line feed: no method, path or host has one.
 */
function isText(value: unknown): value is string {
  return typeof value === "string" && value.length < MAX_TEXT && !/[\n\p{Surrogate}]/u.test(value);
}
