import type { SessionUser } from "./issuer.js";

/** How long other tabs have to answer. */
const ASK_MS = 50;
/** How long a tab waits for another one's turn to end; then that one hangs. */
const TURN_MS = 15_000;

/** A micro token in hand; times in milliseconds of this computer's clock, which all tabs share. */
export interface Held {
  readonly text: string;
  /** From then on it is renewed, while it goes on. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** What tabs tell each other. A token is only taken by tabs where the same user is logged in. */
export type Message =
  | { readonly kind: "user"; readonly user: SessionUser | undefined }
  | { readonly kind: "ask"; readonly key: string; readonly userId: string }
  | { readonly kind: "token"; readonly key: string; readonly userId: string; readonly held: Held };

/**
 * The tabs of one origin that hold a session with one issuer. They take turns by Web Locks and tell
 * each other by a BroadcastChannel; where there is neither, each goes its own way.
 */
export class Tabs {
  readonly #name: string;
  /** Absent where there is none, and once this tab has left the others. */
  #channel: BroadcastChannel | undefined;
  readonly #waiting = new Set<{ key: string; resolve: () => void }>();

  constructor(name: string, onMessage: (message: Message) => void) {
    this.#name = name;
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      onMessage(data);
      if (data.kind !== "token") return;
      for (const waiting of this.#waiting) if (waiting.key === data.key) waiting.resolve();
    };
  }

  tell(message: Message): void {
    this.#channel?.postMessage(message);
  }

  /** Asks for a token that another tab may hold; ends once one has come, or when none does. */
  async ask(key: string, userId: string): Promise<void> {
    if (!this.#channel) return;
    await new Promise<void>((resolve) => {
      const waiting = { key, resolve: () => done() };
      const timer = setTimeout(() => done(), ASK_MS);
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
        resolve();
      };
      this.#waiting.add(waiting);
      this.tell({ kind: "ask", key, userId });
    });
  }

  /** Does `work` while no other tab does work of that name. */
  async inTurn<T>(work: string, task: () => Promise<T>): Promise<T> {
    const locks = globalThis.navigator?.locks;
    if (!locks) return task();
    let started = false;
    const start = () => {
      started = true;
      return task();
    };
    try {
      return await locks.request(`${this.#name} ${work}`, { signal: AbortSignal.timeout(TURN_MS) }, start);
    } catch (error) {
      if (started) throw error;
      return task();
    }
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }
}
