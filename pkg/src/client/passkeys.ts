import { SessionError } from "./error.js";

/**
 * A passkey of whoever is logged in.
 *
 * @example
 * ```ts
 * import type { Passkey } from "laika-verifier/client";
 *
 * const shown = ({ name, backedUp }: Passkey): string => (backedUp ? `${name} (synchronised)` : name);
 * console.log(shown({ id: "1", name: "my laptop", backedUp: false, createdAt: 0 })); // my laptop
 * ```
 */
export interface Passkey {
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  /** Whether it is on more than one device, as it said last. */
  readonly backedUp: boolean;
  /** Unix seconds. */
  readonly createdAt: number;
  /** Unix seconds; absent: never. */
  readonly lastUsedAt?: number;
}

/**
 * A passkey that was just made.
 *
 * @example
 * ```ts
 * import type { NewPasskey } from "laika-verifier/client";
 *
 * const toPrint = ({ backupCodes }: NewPasskey): readonly string[] => backupCodes ?? [];
 * ```
 */
export interface NewPasskey extends Passkey {
  /** Where it is the account's first factor: codes for whoever loses it, each good once, shown this once. */
  readonly backupCodes?: readonly string[];
}

/**
 * What a new passkey is made with.
 *
 * @example
 * ```ts
 * import type { PasskeyOptions } from "laika-verifier/client";
 *
 * const options: PasskeyOptions = { name: "my laptop" };
 * ```
 */
export interface PasskeyOptions {
  /** What its owner calls it. */
  name?: string;
  /** The account's password, where the last log-in is more than 15 minutes ago. */
  password?: string;
}

/** Has the browser make a passkey by what the issuer says; what goes back to the issuer. */
export function makePasskey(publicKey: unknown): Promise<object> {
  return asked(async (known) =>
    navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(publicKey as PublicKeyCredentialCreationOptionsJSON) }),
  );
}

/** Has the browser sign by a passkey what the issuer says; what goes back to the issuer. */
export function usePasskey(publicKey: unknown): Promise<object> {
  return asked(async (known) =>
    navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(publicKey as PublicKeyCredentialRequestOptionsJSON) }),
  );
}

async function asked(ask: (known: typeof PublicKeyCredential) => Promise<Credential | null>): Promise<object> {
  const { PublicKeyCredential: known } = globalThis;
  if (typeof known?.parseCreationOptionsFromJSON !== "function") {
    throw new SessionError("passkey_unavailable", "this browser knows no passkeys, or not on this page");
  }
  const credential = await ask(known).catch((cause: unknown) => {
    throw new SessionError("passkey_refused", "the browser made or used no passkey", { cause });
  });
  if (!(credential instanceof known)) throw new SessionError("passkey_refused", "the browser made or used no passkey");
  return credential.toJSON();
}
