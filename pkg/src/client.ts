/**
 * A browser's session with an issuer: log in, get tokens, call your APIs with them.
 *
 * Nothing is verified here, and the WebAssembly module is not loaded.
 *
 * @packageDocumentation
 */

export { SessionError } from "./client/error.js";
export type { EmailProof, SecondFactor, SessionErrorCode } from "./client/error.js";
export type { Credentials, FactorProof, Registration, SessionUser } from "./client/issuer.js";
export type { NewPasskey, Passkey, PasskeyOptions } from "./client/passkeys.js";
export type { SessionOptions } from "./client/options.js";
export { createSession, type Session } from "./client/session.js";
