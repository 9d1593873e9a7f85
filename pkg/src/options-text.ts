import { LaikaError } from "./error.js";

/** Deeper than any option or policy; a value that contains itself is deeper still. */
const MAX_DEPTH = 64;

/** What has options as members. Policies, keys and values are passed on as they are. */
const HAS_OPTIONS = /^(options|cache|issuers(\[\d+\])?(\.mayAssert)?)$/;
/** Where a message says that the fault is, perhaps with a name that is unknown there, and names that differ. */
const NAMES =
  /^`((cache|issuers(\[\d+\])?(\.may_assert)?)\.)?([^`.[]+)(`: unknown field `\5)?|`(clock_(tolerance|skew)|max_(bytes|token_(size|age))|jwks_uri|public_key|(required|permission|role)_claims|may_assert|status_(uris|max_stale)|insecure_http)`/g;
const SECRET = /^issuers(\[\d+\])?\.secret$/;

/**
 * Options as JSON text, with the names that they have in Rust, in snake_case; a secret is in base64url.
 *
 * What `JSON.stringify` would change without a word is refused: `NaN` and the infinities would
 * arrive as `null`, which is no limit at all, functions and maps not at all.
 *
 * @throws {LaikaError} `options_invalid`
 */
export function optionsText(options: object): string {
  return JSON.stringify(plain(options, "options", 0));
}

/** The names of options in `message`, as JavaScript writes them; all else is quoted as it was given. */
export function inCamelCase(message: string): string {
  return message.replace(NAMES, (names) => names.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
}

/** `value`, which stands at `at`, as JSON has it. */
function plain(value: unknown, at: string, depth: number): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw refused(`\`${at}\` must be a finite number, not \`${value}\``);
  // Also an option that is unknown and `undefined` is to be refused by its name; elsewhere it is left out.
  if (value == null) return null;
  if (SECRET.test(at)) return base64url(value);
  if (["string", "number", "boolean"].includes(typeof value)) return value;
  if (depth > MAX_DEPTH) throw refused(`the options are nested more than ${MAX_DEPTH} levels deep`);
  if (Array.isArray(value)) return value.map((item, index) => plain(item, `${at}[${index}]`, depth + 1));
  if (typeOf(value) !== "[object Object]") throw refused(`\`${at}\` must be what JSON has, not a ${typeof value}`);
  const hasOptions = HAS_OPTIONS.test(at);
  const members = Object.entries(value).filter(([, inner]) => hasOptions || inner !== undefined);
  return Object.fromEntries(
    members.map(([name, inner]) => [
      hasOptions ? inSnakeCase(name) : name,
      plain(inner, depth ? `${at}.${name}` : name, depth + 1),
    ]),
  );
}

function inSnakeCase(name: string): string {
  if (name.includes("_")) throw refused(`\`${name}\`: there is no such option: names are written in camelCase`);
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function base64url(secret: unknown): string {
  if (typeOf(secret) !== "[object Uint8Array]") throw refused("`issuers.secret`: a secret is a `Uint8Array`, not text");
  const text = btoa(Array.from(secret as Uint8Array, (byte) => String.fromCharCode(byte)).join(""));
  return text.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

/** The name of a type, which also tells what was made in another realm. */
function typeOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

function refused(message: string): LaikaError {
  return new LaikaError("options_invalid", message);
}
