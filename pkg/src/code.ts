/**
 * What went wrong, as a word that never changes; the same list, in the same order, as in Rust.
 *
 * @example
 * ```ts
 * import type { LaikaErrorCode } from "laika-verifier";
 *
 * const worthRenewing = (code: LaikaErrorCode): boolean => code === "expired" || code === "stale";
 * console.log(worthRenewing("expired"), worthRenewing("revoked")); // true false
 * ```
 */
export type LaikaErrorCode =
  | "token_missing"
  | "token_malformed"
  | "token_too_large"
  | "algorithm_not_allowed"
  | "critical_header_unsupported"
  | "type_mismatch"
  | "key_not_found"
  | "key_invalid"
  | "keys_unavailable"
  | "signature_invalid"
  | "claim_missing"
  | "claim_invalid"
  | "issuer_mismatch"
  | "audience_mismatch"
  | "expired"
  | "not_yet_valid"
  | "issued_in_future"
  | "too_old"
  | "revoked"
  | "stale"
  | "status_unavailable"
  | "permission_denied"
  | "request_invalid"
  | "policy_invalid"
  | "options_invalid";
