import { isEnded, Issuer, type Credentials, type FactorProof, type Registration, type SessionUser } from "./issuer.js";
import type { NewPasskey, Passkey, PasskeyOptions } from "./passkeys.js";
import { checked, type Checked, type SessionOptions } from "./options.js";
import { Tabs } from "./tabs.js";
import { Tokens } from "./tokens.js";

/**
 * A browser's session with an issuer. Make one per page with {@link createSession} and keep it.
 *
 * @example
 * ```ts
 * import { createSession, type Session } from "laika-verifier/client";
 *
 * const session: Session = createSession({ issuer });
 * console.log(session.user); // undefined
 * ```
 */
export interface Session {
  /** Whoever is logged in, as far as is known: ask `restore` after the page was loaded. */
  readonly user: SessionUser | undefined;
  /**
   * Takes up the session of an earlier visit, if there is one; asks the issuer once.
   *
   * @throws {SessionError} `network` when the issuer does not answer
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * const user = await session.restore();
   * console.log(user === session.user); // true
   * ```
   */
  restore(): Promise<SessionUser | undefined>;
  /**
   * Makes an account, and logs in. An issuer that sends mail wants the e-mail proved first: that is
   * `email_unverified` with `emailProof`, and {@link Session.verifyEmail} goes on.
   *
   * @throws {SessionError} `email_unverified`, `fields_invalid`, `password_weak`, `already_registered`, …
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * const user = await session.register({ username: "kudryavka", email: "kudryavka@example.com", password });
   * console.log(user.username); // kudryavka
   * ```
   */
  register(registration: Registration): Promise<SessionUser>;
  /**
   * Shows the code of a mail (of its link, after `#verify=`). Where that completes a registration it logs
   * in; undefined where it gives an account another address, which logs nobody in.
   *
   * @throws {SessionError} `code_invalid`
   * @example
   * ```ts
   * import { createSession, SessionError } from "laika-verifier/client";
   *
   * const session = createSession({ issuer });
   * try {
   *   await session.register({ username: "albina", email: "albina@example.com", password });
   * } catch (error) {
   *   if (!(error instanceof SessionError) || !error.emailProof) throw error;
   *   await session.verifyEmail(prompt("Which code came by mail?") ?? "");
   * }
   * console.log(session.user?.username); // albina
   * ```
   */
  verifyEmail(code: string): Promise<SessionUser | undefined>;
  /**
   * Logs in.
   *
   * @throws {SessionError} `credentials_invalid` for an unknown user and a wrong password alike;
   *   `second_factor_required` where the account has a second factor: go on with {@link Session.finishLogIn}
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * const user = await session.logIn({ login: "laika", password });
   * console.log(user.username); // laika
   * ```
   */
  logIn(credentials: Credentials): Promise<SessionUser>;
  /**
   * Logs in by a passkey alone, whoever's it is; the browser asks which. It is two factors, so no other
   * is asked for. Call it where somebody has just pressed a button.
   *
   * @throws {SessionError} `passkey_refused` where the browser used none, `passkey_unavailable` where it
   *   knows none, `credentials_invalid` where it is none of this issuer
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * const pressed = () => session.logInByPasskey().then(({ username }) => console.log(username));
   * ```
   */
  logInByPasskey(): Promise<SessionUser>;
  /**
   * Makes a passkey for whoever is logged in; the browser asks where. The session has shown it since,
   * so tokens are minted anew.
   *
   * @throws {SessionError} `authentication_too_old` where the last log-in is more than 15 minutes ago and
   *   no password was given, `passkey_refused`, `passkey_unavailable`
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * const pressed = () => session.addPasskey({ name: "my laptop" }).then(({ backupCodes }) => console.log(backupCodes));
   * ```
   */
  addPasskey(options?: PasskeyOptions): Promise<NewPasskey>;
  /**
   * The passkeys of whoever is logged in.
   *
   * @throws {SessionError} `session_ended` and its like
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * await session.logIn({ login: "laika", password });
   * console.log(await session.passkeys()); // []
   * ```
   */
  passkeys(): Promise<readonly Passkey[]>;
  /**
   * Takes a passkey off the account. The browser still has it, and it opens nothing.
   *
   * @throws {SessionError} `conflict` for the last way in, `authentication_too_old` as {@link Session.addPasskey}
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * await session.logIn({ login: "laika", password });
   * for (const { id } of await session.passkeys()) await session.removePasskey(id);
   * ```
   */
  removePasskey(id: string, password?: string): Promise<void>;
  /**
   * Ends a log-in that waits for a second factor. Five attempts, then `logIn` begins anew.
   *
   * @throws {SessionError} `credentials_invalid` for what is not good, `code_invalid` where nothing waits any more
   * @example
   * ```ts
   * import { createSession, SessionError } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * try {
   *   await session.logIn({ login: "laika", password });
   * } catch (error) {
   *   if (!(error instanceof SessionError) || !error.secondFactor) throw error;
   *   const totp = prompt("What does your app show?") ?? "";
   *   await session.finishLogIn(error.secondFactor.id, { totp });
   * }
   * console.log(session.user?.username); // laika
   * ```
   */
  finishLogIn(id: string, proof: FactorProof): Promise<SessionUser>;
  /**
   * Proves anew who holds the session, where a service asks for it (`insufficient_user_authentication`).
   * Tokens are minted anew since, and say so. An account with a second factor shows that, any other its
   * password.
   *
   * @throws {SessionError} `credentials_invalid`, or `second_factor_required` for the password alone
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * await session.logIn({ login: "laika", password });
   * await session.stepUp({ password });
   * console.log(session.user?.username); // laika
   * ```
   */
  stepUp(proof: FactorProof | { password: string }): Promise<void>;
  /**
   * Ends the session, here and in all tabs; also when it had ended before.
   *
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * await session.logOut();
   * console.log(session.user); // undefined
   * ```
   */
  logOut(): Promise<void>;
  /**
   * A micro token for a service, for what is not sent by {@link Session.fetch}. Undefined when
   * nobody is logged in.
   *
   * @throws {SessionError} `session_ended` and its like when there is no session any more
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * await session.logIn({ login: "laika", password });
   * const token = await session.token("orders");
   * console.log(token?.split(".").length); // 3
   * ```
   */
  token(...services: [string, ...string[]]): Promise<string | undefined>;
  /**
   * `fetch`, with the token where the URL's origin is among `apis` and somebody is logged in. When
   * a service answers that the token has expired or is stale, it is renewed and the request is sent
   * once more, and only once, and never as somebody else who has logged in meanwhile. A request with a
   * token follows no redirect.
   *
   * @throws {SessionError} when no token can be had
   * @throws {TypeError} as `fetch` does, also for a redirect
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * await session.logIn({ login: "laika", password });
   * const response = await session.fetch(`${api}/orders`);
   * console.log(response.status); // 200
   * ```
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /**
   * Calls `listener` whenever somebody has logged in or out, in whichever tab. What it throws is an
   * unhandled rejection of the page.
   *
   * @returns ends it
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * const end = session.onChange((user) => console.log(user?.username)); // laika
   * await session.logIn({ login: "laika", password });
   * end();
   * ```
   */
  onChange(listener: (user: SessionUser | undefined) => void): () => void;
  /**
   * Leaves the other tabs, for good; the session itself goes on, and hears of their log-outs no more. It is for
   * a page that stays and makes another session: one that is left needs it not, and may be come back to.
   *
   * @example
   * ```ts
   * import { createSession } from "laika-verifier/client";
   *
   * const session = createSession({ issuer, apis: { [api]: "orders" } });
   * session.close();
   * await session.logIn({ login: "laika", password });
   * console.log(session.user?.username); // laika
   * ```
   */
  close(): void;
}

/**
 * Makes a session with an issuer. The main token lives in a cookie that no script can read, micro
 * tokens in memory. Nothing is asked here; `restore` and whatever needs a token do.
 *
 * @throws {SessionError} `options_invalid`
 * @example
 * ```ts
 * import { createSession } from "laika-verifier/client";
 *
 * const session = createSession({ issuer, apis: { [api]: "orders" } });
 * if (!(await session.restore())) await session.logIn({ login: "laika", password });
 * const response = await session.fetch(`${api}/orders`);
 * console.log(response.status); // 200
 * ```
 */
export function createSession(options: SessionOptions): Session {
  return new BrowserSession(checked(options));
}

class BrowserSession implements Session {
  readonly #options: Checked;
  readonly #issuer: Issuer;
  readonly #tabs: Tabs;
  readonly #tokens: Tokens;
  readonly #listeners = new Set<(user: SessionUser | undefined) => void>();
  #user: SessionUser | undefined;
  #restored: Promise<SessionUser | undefined> | undefined;

  constructor(options: Checked) {
    this.#options = options;
    this.#issuer = new Issuer(options.issuer, options.fetch);
    this.#tabs = new Tabs(`laika ${options.issuer}`, (message) => {
      if (message.kind === "user") this.#become(message.user);
      else this.#tokens.hear(message);
    });
    this.#tokens = new Tokens((services) => this.#untilEnded(() => this.#issuer.micro(services)), this.#tabs);
  }

  get user(): SessionUser | undefined {
    return this.#user;
  }

  restore(): Promise<SessionUser | undefined> {
    this.#restored ??= this.#takeUp();
    return this.#restored;
  }

  async register(registration: Registration): Promise<SessionUser> {
    return this.#announce(await this.#issuer.register(registration));
  }

  async verifyEmail(code: string): Promise<SessionUser | undefined> {
    const user = await this.#issuer.verifyEmail(code);
    return user && this.#announce(user);
  }

  async logIn(credentials: Credentials): Promise<SessionUser> {
    return this.#announce(await this.#issuer.logIn(credentials, this.#options.client));
  }

  async finishLogIn(id: string, proof: FactorProof): Promise<SessionUser> {
    return this.#announce(await this.#issuer.finishLogIn(id, proof));
  }

  async stepUp(proof: FactorProof | { password: string }): Promise<void> {
    await this.#showing(() => this.#issuer.stepUp(proof));
  }

  async logInByPasskey(): Promise<SessionUser> {
    return this.#announce(await this.#issuer.logInByPasskey(this.#options.client));
  }

  async addPasskey(options: PasskeyOptions = {}): Promise<NewPasskey> {
    return this.#showing(() => this.#issuer.addPasskey(options));
  }

  async passkeys(): Promise<readonly Passkey[]> {
    return this.#untilEnded(() => this.#issuer.passkeys());
  }

  async removePasskey(id: string, password?: string): Promise<void> {
    await this.#issuer.removePasskey(id, password);
  }

  async logOut(): Promise<void> {
    await this.#issuer.logOut().catch((error: unknown) => {
      if (!isEnded(error)) throw error;
    });
    this.#announce(undefined);
  }

  async token(...services: [string, ...string[]]): Promise<string | undefined> {
    return (await this.restore()) && this.#tokens.get([...services].sort());
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const services = this.#options.apis.get(new URL(request.url).origin);
    const { fetch } = this.#options;
    const user = services && !request.headers.has("authorization") && (await this.restore());
    if (!user) return fetch(request);
    const token = await this.#tokens.get(services);
    const answer = await fetch(withToken(request.clone(), token));
    if (!(await asksToRenew(answer))) return answer;
    const next = await this.#tokens.renew(services, token).catch(() => undefined);
    return next === undefined || this.#user?.id !== user.id ? answer : fetch(withToken(request, next));
  }

  onChange(listener: (user: SessionUser | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#tabs.close();
  }

  async #takeUp(): Promise<SessionUser | undefined> {
    const { epoch } = this.#tokens;
    // Who has logged in or out meanwhile, in whichever tab, has come later.
    const counts = () => this.#tokens.epoch === epoch;
    try {
      const user = await this.#issuer.me();
      if (counts()) this.#become(user);
    } catch (error) {
      if (!isEnded(error) && counts()) {
        this.#restored = undefined;
        throw error;
      }
    }
    return this.#user;
  }

  /** Does `work`, and logs out here when the issuer says that there is no session any more. */
  async #untilEnded<T>(work: () => Promise<T>): Promise<T> {
    const user = this.#user;
    try {
      return await work();
    } catch (error) {
      if (isEnded(error) && this.#user === user) this.#announce(undefined);
      throw error;
    }
  }

  /** Does `work`, by which the session shows more than tokens in hand say, here and in other tabs. */
  async #showing<T>(work: () => Promise<T>): Promise<T> {
    // Else nobody would seem to be logged in, and all tabs would be told so.
    await this.restore();
    const done = await work();
    this.#announce(this.#user);
    return done;
  }

  #announce<U extends SessionUser | undefined>(user: U): U {
    this.#tabs.tell({ kind: "user", user });
    this.#become(user);
    return user;
  }

  #become(user: SessionUser | undefined): void {
    this.#user = user;
    this.#restored = Promise.resolve(user);
    this.#tokens.belongTo(user);
    // Called at once, but what one of them throws is a rejection that nobody handles: the session goes on.
    for (const listener of this.#listeners) void (async () => listener(user))();
  }
}

/** Never followed anywhere: not every browser leaves the header behind on the way. */
function withToken(request: Request, token: string): Request {
  const headers = new Headers(request.headers);
  headers.set("authorization", `Bearer ${token}`);
  return new Request(request, { headers, redirect: request.redirect === "manual" ? "manual" : "error" });
}

/** Whether a service refuses a token for what another one would mend. */
async function asksToRenew(answer: Response): Promise<boolean> {
  if (answer.status !== 401) return false;
  const challenge = answer.headers.get("www-authenticate") ?? "";
  if (/error_description="(expired|stale)"/.test(challenge)) return true;
  if (!/^application\/problem\+json\b/i.test(answer.headers.get("content-type") ?? "")) return false;
  const problem: unknown = await answer.clone().json().catch(() => undefined);
  return ["expired", "stale"].includes((Object(problem) as { code: string }).code);
}
