import { isCode } from "./code.js";
import { LaikaError } from "./error.js";

/** Runs `call`; whatever the WebAssembly module throws leaves it as a {@link LaikaError}. */
export function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw toLaikaError(thrown);
  }
}

/** The module's own errors by their code, all else as a fault of the verifier itself. */
export function toLaikaError(thrown: unknown): LaikaError {
  const { code, message, help } = (thrown ?? {}) as { code?: unknown; message?: unknown; help?: unknown };
  if (isCode(code)) return new LaikaError(code, help ? `${message}; ${help}` : `${message}`);
  return new LaikaError("options_invalid", `the verifier failed: ${message ?? thrown}`, { cause: thrown });
}
