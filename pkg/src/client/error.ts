import type { LaikaErrorCode } from "../code.js";

/** What the issuer says besides what a verifier says. */
export type IssuerErrorCode =
  | "body_invalid"
  | "fields_invalid"
  | "password_weak"
  | "already_registered"
  | "credentials_invalid"
  | "session_ended"
  | "token_reused"
  | "permission_not_granted"
  | "origin_refused"
  | "host_refused"
  | "username_already_changed"
  | "email_unverified"
  | "code_invalid"
  | "authentication_too_old"
  | "second_factor_required"
  | "not_permitted"
  | "conflict"
  | "gone"
  | "token_over_budget"
  | "not_found"
  | "provider_failed"
  | "rate_limited"
  | "internal"
  | "overloaded"
  | "database_unavailable"
  | "timed_out";

/**
 * What went wrong, as a word that never changes: the issuer's own codes, and five of this side.
 * `network`: no answer came, or not all of it. `answer_invalid`: one that is not the issuer's.
 * `session_changed`: somebody logged in or out meanwhile. `passkey_unavailable`: the browser knows none, or
 * not on this page. `passkey_refused`: it made or used none, mostly since its user did not want to. An issuer
 * that is newer may say other words.
 *
 * @example
 * ```ts
 * import type { SessionErrorCode } from "laika-verifier/client";
 *
 * const worthTryingAgain = (code: SessionErrorCode): boolean => ["network", "overloaded", "timed_out"].includes(code);
 * console.log(worthTryingAgain("network"), worthTryingAgain("credentials_invalid")); // true false
 * ```
 */
export type SessionErrorCode =
  | IssuerErrorCode
  | LaikaErrorCode
  | "network"
  | "answer_invalid"
  | "session_changed"
  | "passkey_unavailable"
  | "passkey_refused"
  | (string & {});

/** A field of a form that the issuer does not accept. */
export interface FieldFault {
  readonly field: string;
  /** `missing`, `too_short`, `malformed`, `taken`, … */
  readonly code: string;
  /** One sentence, for people. */
  readonly detail: string;
}

/** How guessable a refused password is. */
export interface PasswordStrength {
  /** 0 (guessed at once) to 4. */
  readonly score: number;
  readonly warning?: string | null;
  readonly suggestions: readonly string[];
}

/**
 * A log-in whose password was right, and which waits for a second factor.
 *
 * @example
 * ```ts
 * import type { SecondFactor } from "laika-verifier/client";
 *
 * const byApp = ({ methods }: SecondFactor): boolean => methods.includes("totp");
 * console.log(byApp({ id: "laika_2nd_x", methods: ["totp", "backup_code"], expiresIn: 300 })); // true
 * ```
 */
export interface SecondFactor {
  /** What {@link Session.finishLogIn} names it by. */
  readonly id: string;
  /** What can be shown; an issuer that is newer may know more. */
  readonly methods: readonly ("passkey" | "totp" | "backup_code" | (string & {}))[];
  /** Seconds until it is forgotten. */
  readonly expiresIn: number;
}

/**
 * A registration that is complete once somebody shows the code of the mail that was sent.
 *
 * @example
 * ```ts
 * import type { EmailProof } from "laika-verifier/client";
 *
 * const hint = ({ expiresIn }: EmailProof): string => `look into your mail within ${expiresIn / 3600} hours`;
 * console.log(hint({ expiresIn: 86400 })); // look into your mail within 24 hours
 * ```
 */
export interface EmailProof {
  /** Seconds until the code is forgotten. */
  readonly expiresIn: number;
}

/**
 * Why the issuer refused, or that it did not answer. `switch (error.code)` tells them apart; the
 * message is for people and may change.
 *
 * @example
 * ```ts
 * import { createSession, SessionError } from "laika-verifier/client";
 *
 * const session = createSession({ issuer });
 * try {
 *   await session.logIn({ login: "laika", password: "not the right one" });
 * } catch (error) {
 *   if (!(error instanceof SessionError)) throw error;
 *   console.log(error.code, error.status); // credentials_invalid 401
 * }
 * ```
 */
export class SessionError extends Error {
  declare readonly name: "SessionError";
  readonly code: SessionErrorCode;
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** The fields at fault, with `fields_invalid` and its like. */
  readonly fields: readonly FieldFault[];
  /** With `password_weak`. */
  declare readonly strength?: PasswordStrength;
  /** Seconds after which trying again makes sense. */
  declare readonly retryAfter?: number;
  /** With `second_factor_required` at a log-in. */
  declare readonly secondFactor?: SecondFactor;
  /** With `email_unverified` at a registration, which goes on with {@link Session.verifyEmail}. */
  declare readonly emailProof?: EmailProof;

  static {
    // On the prototype, where the engine looks when it writes the first line of the stack.
    Object.defineProperty(this.prototype, "name", { value: "SessionError" });
  }

  constructor(code: SessionErrorCode, message: string, details: SessionErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status ?? 0;
    this.fields = details.fields ?? [];
    if (details.strength !== undefined) this.strength = details.strength;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
    if (details.secondFactor !== undefined) this.secondFactor = details.secondFactor;
    if (details.emailProof !== undefined) this.emailProof = details.emailProof;
  }
}

/** What an error knows besides code and message. */
export interface SessionErrorDetails {
  status?: number;
  fields?: readonly FieldFault[];
  strength?: PasswordStrength | undefined;
  retryAfter?: number | undefined;
  secondFactor?: SecondFactor | undefined;
  emailProof?: EmailProof | undefined;
  cause?: unknown;
}
