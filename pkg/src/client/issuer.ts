import { makePasskey, usePasskey, type NewPasskey, type Passkey, type PasskeyOptions } from "./passkeys.js";
import { SessionError, type FieldFault, type PasswordStrength, type SecondFactor } from "./error.js";

/**
 * Whoever is logged in.
 *
 * @example
 * ```ts
 * import type { SessionUser } from "laika-verifier/client";
 *
 * const name = (user: SessionUser | undefined): string => user?.username ?? "stranger";
 * console.log(name(undefined)); // stranger
 * ```
 */
export interface SessionUser {
  /** `sub` of their tokens. */
  readonly id: string;
  /** Empty for an anonymous holder, as is the e-mail: they have a session, and may register. */
  readonly username: string;
  readonly email: string;
  /** When they registered, Unix seconds. */
  readonly createdAt: number;
}

/**
 * What a registration needs.
 *
 * @example
 * ```ts
 * import type { Registration } from "laika-verifier/client";
 *
 * const registration: Registration = { username: "belka", email: "belka@example.com", password };
 * ```
 */
export interface Registration {
  username: string;
  email: string;
  password: string;
  /** A single-use code that gives the role it was made for. */
  invitation?: string;
}

/**
 * What a log-in needs.
 *
 * @example
 * ```ts
 * import type { Credentials } from "laika-verifier/client";
 *
 * const credentials: Credentials = { login: "laika", password };
 * ```
 */
export interface Credentials {
  /** User name or e-mail. */
  login: string;
  password: string;
}

/**
 * A second factor: what an authenticator app shows, one of the backup codes, or a passkey, for which the
 * browser asks.
 *
 * @example
 * ```ts
 * import type { FactorProof } from "laika-verifier/client";
 *
 * const proof: FactorProof = { totp: "123456" };
 * ```
 */
export type FactorProof = { totp: string } | { backupCode: string } | { passkey: true };

/** A micro token, as it was given. */
export interface Minted {
  readonly text: string;
  /** Seconds from now on; the clocks need not agree. */
  readonly expiresIn: number;
}

/** How long an answer may take. */
const TIMEOUT_MS = 10_000;
/** The main token goes where no script can read it. */
const AS_COOKIE = { transport: "cookie" };

/** The issuer's HTTP API (`docs/contract/issuer.md`), as far as a session needs it. */
export class Issuer {
  readonly #url: string;
  readonly #fetch: typeof fetch;

  /** @param url without a slash at its end */
  constructor(url: string, fetchWith: typeof fetch) {
    this.#url = url;
    this.#fetch = fetchWith;
  }

  async register({ username, email, password, invitation }: Registration): Promise<SessionUser> {
    const body = { username, email, password, invitation, ...AS_COOKIE };
    const answer = await this.#call("POST", "/v1/users", body);
    const [user, expiresIn] = [member(answer, "user"), member(answer, "expires_in")];
    if (user !== undefined || typeof expiresIn !== "number") return userOf(user);
    throw new SessionError("email_unverified", "the e-mail is to be proved", { status: 202, emailProof: { expiresIn } });
  }

  async verifyEmail(code: string): Promise<SessionUser | undefined> {
    const user = member(await this.#call("POST", "/v1/email/verify", { code, ...AS_COOKIE }), "user");
    return user === undefined ? undefined : userOf(user);
  }

  async logIn({ login, password }: Credentials, client: string | undefined): Promise<SessionUser> {
    const body = { login, password, client, ...AS_COOKIE };
    const answer = await this.#call("POST", "/v1/sessions", body);
    const secondFactor = secondFactorOf(member(answer, "second_factor"));
    if (secondFactor) throw new SessionError("second_factor_required", "a second factor is needed", { secondFactor });
    return userOf(member(answer, "user"));
  }

  async finishLogIn(id: string, proof: FactorProof): Promise<SessionUser> {
    const shown = await this.#shown(proof, "/v1/sessions/second-factor/passkey", { id });
    const body = { id, ...shown, ...AS_COOKIE };
    return userOf(member(await this.#call("POST", "/v1/sessions/second-factor", body), "user"));
  }

  async stepUp(proof: FactorProof | { password: string }): Promise<void> {
    const shown = await this.#shown(proof, "/v1/sessions/current/step-up/passkey");
    await this.#call("POST", "/v1/sessions/current/step-up", shown);
  }

  async logInByPasskey(client: string | undefined): Promise<SessionUser> {
    const asked = await this.#call("POST", "/v1/sessions/passkey/begin");
    const credential = await usePasskey(member(asked, "public_key"));
    const body = { credential, client, ...AS_COOKIE };
    return userOf(member(await this.#call("POST", "/v1/sessions/passkey/finish", body), "user"));
  }

  async addPasskey({ name, password }: PasskeyOptions): Promise<NewPasskey> {
    const asked = await this.#call("POST", "/v1/me/passkeys", { password });
    const credential = await makePasskey(member(asked, "public_key"));
    const answer = await this.#call("POST", "/v1/me/passkeys/confirm", { credential, name });
    const codes = member(answer, "backup_codes");
    return { ...passkeyOf(member(answer, "passkey")), ...(Array.isArray(codes) && { backupCodes: codes as string[] }) };
  }

  async passkeys(): Promise<Passkey[]> {
    const items = member(await this.#call("GET", "/v1/me/passkeys?limit=100"), "items");
    if (!Array.isArray(items)) throw notUnderstood();
    return items.map(passkeyOf);
  }

  async removePasskey(id: string, password: string | undefined): Promise<void> {
    await this.#call("DELETE", `/v1/me/passkeys/${encodeURIComponent(id)}`, { password });
  }

  /** A proof as the issuer takes it; the browser is asked for a passkey by what `path` answers. */
  async #shown(proof: FactorProof | { password: string }, path: string, body: object = {}): Promise<object> {
    if ("backupCode" in proof) return { backup_code: proof.backupCode };
    if (!("passkey" in proof)) return proof;
    return { passkey: await usePasskey(member(await this.#call("POST", path, body), "public_key")) };
  }

  async logOut(): Promise<void> {
    await this.#call("DELETE", "/v1/sessions/current");
  }

  async me(): Promise<SessionUser> {
    return userOf(await this.#call("GET", "/v1/me"));
  }

  /** Mints a micro token; the issuer renews the cookie along with it when that has grown old. */
  async micro(services: readonly string[]): Promise<Minted> {
    const answer = await this.#call("POST", "/v1/tokens/micro", { services });
    const [text, expiresIn] = [member(answer, "micro_token"), member(answer, "expires_in")];
    if (typeof text === "string" && typeof expiresIn === "number" && expiresIn > 0) return { text, expiresIn };
    throw notUnderstood();
  }

  /** What `body` has undefined is left out. */
  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await this.#send(method, path, body);
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer;
    throw refusal(response, answer);
  }

  /** An answer that has come to its end: a body may break off, or take too long. */
  async #send(method: string, path: string, body: object | undefined): Promise<Response> {
    try {
      const response = await this.#fetch(this.#url + path, {
        method,
        credentials: "include",
        redirect: "error",
        cache: "no-store",
        // A call by cookie is JSON: a foreign page can't send that without being asked first.
        headers: { accept: "application/json", ...(method !== "GET" && { "content-type": "application/json" }) },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return new Response((await response.text()) || null, response);
    } catch (cause) {
      throw new SessionError("network", "the issuer did not answer", { cause });
    }
  }
}

/** Whether an error says that there is no session any more. */
export function isEnded(error: unknown): boolean {
  return error instanceof SessionError && error.status === 401 && error.code !== "credentials_invalid";
}

/** What a problem document (RFC 9457) of the issuer says. */
function refusal({ status, headers }: Response, answer: unknown): SessionError {
  const { code, detail, fields, strength } = Object(answer) as Record<string, unknown>;
  const seconds = Number.parseInt(headers.get("retry-after") ?? "", 10);
  const details = {
    status,
    fields: Array.isArray(fields) ? (fields as FieldFault[]) : [],
    strength: strength as PasswordStrength | undefined,
    retryAfter: seconds >= 0 ? seconds : undefined,
  };
  if (typeof code !== "string") return new SessionError("answer_invalid", `the issuer answered ${status}`, details);
  return new SessionError(code, typeof detail === "string" ? detail : code, details);
}

function secondFactorOf(answer: unknown): SecondFactor | undefined {
  if (answer === undefined) return undefined;
  const { id, methods, expires_in } = Object(answer) as Record<string, unknown>;
  if (typeof id !== "string" || !Array.isArray(methods)) throw notUnderstood();
  return { id, methods: methods as string[], expiresIn: Number(expires_in ?? 0) };
}

function userOf(answer: unknown): SessionUser {
  const { id, username, email, created_at, anonymous } = Object(answer) as Record<string, unknown>;
  if (typeof id !== "string" || (typeof username !== "string" && anonymous !== true)) throw notUnderstood();
  return Object.freeze({ id, username: String(username ?? ""), email: String(email ?? ""), createdAt: Number(created_at ?? 0) });
}

function passkeyOf(answer: unknown): Passkey {
  const { id, name, backed_up, created_at, last_used_at } = Object(answer) as Record<string, unknown>;
  if (typeof id !== "string" || typeof name !== "string") throw notUnderstood();
  const used = typeof last_used_at === "number" ? { lastUsedAt: last_used_at } : {};
  return { id, name, backedUp: backed_up === true, createdAt: Number(created_at ?? 0), ...used };
}

function member(answer: unknown, name: string): unknown {
  return (Object(answer) as Record<string, unknown>)[name];
}

function notUnderstood(): SessionError {
  return new SessionError("answer_invalid", "the issuer's answer was not understood");
}
