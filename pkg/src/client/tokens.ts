import { SessionError } from "./error.js";
import type { Minted, SessionUser } from "./issuer.js";
import { Tabs, type Held, type Message } from "./tabs.js";

/** Part of a token's life after which it is renewed: from the first to the sum of both, by chance. */
const RENEW_AFTER = 0.6;
const RENEW_SPREAD = 0.3;

/**
 * The micro tokens in hand: in memory only, gone with the page. They are renewed when they are used
 * and have grown old, by one tab for all.
 */
export class Tokens {
  readonly #mint: (services: readonly string[]) => Promise<Minted>;
  readonly #tabs: Tabs;
  readonly #held = new Map<string, Held>();
  readonly #renewing = new Map<string, Promise<Held>>();
  #user: SessionUser | undefined;
  #epoch = 0;

  constructor(mint: (services: readonly string[]) => Promise<Minted>, tabs: Tabs) {
    this.#mint = mint;
    this.#tabs = tabs;
  }

  /** Changes with every log-in, log-out and proof: an answer that was asked for in another one is of no use. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Forgets every token: they were those of the user before, or say less than was shown since. */
  belongTo(user: SessionUser | undefined): void {
    this.#epoch++;
    this.#user = user;
    this.#held.clear();
    this.#renewing.clear();
  }

  /** Takes part in what the tabs tell each other. */
  hear(message: Message): void {
    if (message.kind === "user" || message.userId !== this.#user?.id) return;
    const { key, userId } = message;
    const held = this.#held.get(key);
    if (message.kind === "token") {
      if (message.held.expiresAt > (held?.expiresAt ?? 0)) this.#held.set(key, message.held);
    } else if (held && Date.now() < held.renewAt) {
      this.#tabs.tell({ kind: "token", key, userId, held });
    }
  }

  /** A token for `services`, which are sorted; renewed in the background once it has grown old. */
  async get(services: readonly string[]): Promise<string> {
    const held = this.#held.get(services.join(" "));
    if (!held || Date.now() >= held.expiresAt) return this.renew(services);
    // Whoever needs the new one hears why there is none.
    if (Date.now() >= held.renewAt) this.renew(services).catch(() => {});
    return held.text;
  }

  /** Another token than `refused`, which a service did not take. */
  async renew(services: readonly string[], refused?: string): Promise<string> {
    const key = services.join(" ");
    const fresh = this.#fresh(key, refused);
    if (fresh) return fresh.text;
    const user = this.#user;
    if (!user) throw changed();
    let renewing = this.#renewing.get(key);
    if (!renewing) {
      renewing = this.#tabs.inTurn(key, () => this.#next(services, key, user, refused));
      this.#renewing.set(key, renewing);
      const done = () => this.#renewing.get(key) === renewing && this.#renewing.delete(key);
      renewing.then(done, done);
    }
    return (await renewing).text;
  }

  /** What another tab got meanwhile, or a new one, as long as `user` is logged in. */
  async #next(services: readonly string[], key: string, user: SessionUser, refused: string | undefined): Promise<Held> {
    await this.#tabs.ask(key, user.id);
    if (this.#user?.id !== user.id) throw changed();
    const fresh = this.#fresh(key, refused);
    if (fresh) return fresh;
    const asked = Date.now();
    const epoch = this.#epoch;
    const { text, expiresIn } = await this.#mint(services);
    if (this.#user?.id !== user.id) throw changed();
    if (this.#epoch !== epoch) return this.#next(services, key, user, refused);
    const life = expiresIn * 1000;
    const renewAt = asked + life * (RENEW_AFTER + RENEW_SPREAD * chance());
    const held: Held = { text, renewAt, expiresAt: asked + life };
    this.#held.set(key, held);
    this.#tabs.tell({ kind: "token", key, userId: user.id, held });
    return held;
  }

  #fresh(key: string, refused: string | undefined): Held | undefined {
    const held = this.#held.get(key);
    return held && held.text !== refused && Date.now() < held.renewAt ? held : undefined;
  }
}

/** From 0 to 1, so that clients that started together do not renew together. */
function chance(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}

function changed(): SessionError {
  return new SessionError("session_changed", "somebody logged in or out meanwhile");
}
