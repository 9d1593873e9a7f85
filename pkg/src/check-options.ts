import { LaikaError } from "./error.js";

/** Deeper than any option or policy; a value that contains itself is deeper still. */
const MAX_DEPTH = 64;

/**
 * Refuses what could not cross to WebAssembly unchanged: `NaN` and the infinities would arrive as
 * `null`, which is no limit at all, and endless nesting not at all.
 *
 * @throws {LaikaError} `options_invalid`
 */
export function checkOptions(value: unknown, at = "options", depth = 0): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new LaikaError("options_invalid", `\`${at}\` must be a finite number, not \`${value}\``);
  }
  if (typeof value !== "object" || value === null) return;
  if (depth > MAX_DEPTH) {
    throw new LaikaError("options_invalid", `the options are nested more than ${MAX_DEPTH} levels deep`);
  }
  for (const [name, inner] of Object.entries(value)) {
    checkOptions(inner, Array.isArray(value) ? `${at}[${name}]` : depth ? `${at}.${name}` : name, depth + 1);
  }
}
