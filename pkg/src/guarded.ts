import { LaikaError } from "./error.js";

/** What made the module stop in the middle of its work, if anything did. */
let trap: unknown;

/**
 * Runs `call`, which enters the module; whatever is thrown leaves as a {@link LaikaError}.
 *
 * After a trap the module's memory is in no state that anybody has thought about, so nothing it
 * could say counts any more, for no verifier.
 */
export function guarded<T>(call: () => T): T {
  if (trap) throw toLaikaError(trap);
  try {
    return call();
  } catch (thrown) {
    if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError) trap = thrown;
    throw toLaikaError(thrown);
  }
}

/** What is ours as it is, all else as a fault of the verifier itself. */
export function toLaikaError(thrown: unknown): LaikaError {
  if (thrown instanceof LaikaError) return thrown;
  const message = (thrown as Error | undefined)?.message ?? thrown;
  return new LaikaError("options_invalid", `the verifier failed: ${message}`, { cause: thrown });
}
