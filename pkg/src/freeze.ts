/**
 * Parses what the WebAssembly module wrote and freezes it, all the way down.
 *
 * Rust has already read the claims strictly: no duplicate members, at most 16 levels. `JSON.parse`
 * makes `__proto__` an own property like any other, so no prototype is ever touched.
 */
export function parseFrozen<T>(json: string): T {
  return freeze(JSON.parse(json));
}

/** Freezes `value`, made of JSON, and everything in it. */
function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    // A list of the values is made faster than a walk over the names.
    for (const inner of Array.isArray(value) ? value : Object.values(value)) {
      if (typeof inner === "object") freeze(inner);
    }
    Object.freeze(value);
  }
  return value;
}
