import { LaikaError } from "./error.js";

/** Deeper than any option or policy; a value that contains itself is deeper still. */
const MAX_DEPTH = 64;

/**
 * Options as JSON text, in which a `Uint8Array` has become `{ "bytes": base64url }`.
 *
 * What `JSON.stringify` would change without a word is refused: `NaN` and the infinities would
 * arrive as `null`, which is no limit at all, functions and maps not at all.
 *
 * @throws {LaikaError} `options_invalid`
 */
export function optionsText(options: object): string {
  return JSON.stringify(plain(options, "options", 0));
}

/** `value`, which stands at `at`, as JSON has it. */
function plain(value: unknown, at: string, depth: number): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw refused(`\`${at}\` must be a finite number, not \`${value}\``);
  // Also an option that is unknown and `undefined` is to be refused by its name.
  if (value == null) return null;
  if (["string", "number", "boolean"].includes(typeof value)) return value;
  if (depth > MAX_DEPTH) throw refused(`the options are nested more than ${MAX_DEPTH} levels deep`);
  if (Array.isArray(value)) return value.map((item, index) => plain(item, `${at}[${index}]`, depth + 1));
  // By its name, which also tells what was made in another realm.
  switch (Object.prototype.toString.call(value)) {
    case "[object Uint8Array]":
      return { bytes: base64url(value as Uint8Array) };
    case "[object Object]":
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, plain(inner, depth ? `${at}.${name}` : name, depth + 1)]),
      );
    default:
      throw refused(`\`${at}\` must be what JSON has, not a ${typeof value}`);
  }
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

function refused(message: string): LaikaError {
  return new LaikaError("options_invalid", message);
}
