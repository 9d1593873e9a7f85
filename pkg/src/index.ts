/**
 * Verifies access tokens and decides requests, with the same answer in every JavaScript runtime.
 *
 * Every decision is made in Rust, compiled to WebAssembly; what is written here only loads the
 * module, fetches what it asks for, and turns its answers into frozen objects and errors.
 *
 * @packageDocumentation
 */

export type { LaikaErrorCode } from "./code.js";
export { createVerifier } from "./create-verifier.js";
export { decodeUnverified } from "./decode-unverified.js";
export { LaikaError } from "./error.js";
export type { ClaimTest, Policy, Requirement, Rule } from "./policy.js";
export type {
  Algorithm,
  AuthorizeRequest,
  Decision,
  IssuerOptions,
  JsonWebKey,
  Profile,
  StandardClaims,
  Stats,
  TokenHeader,
  VerifiedToken,
  Verifier,
  VerifierOptions,
} from "./types.js";
