// What the browser is asked for passkeys.

import { Problem } from "./api.js";

/** Whether this browser can use them on this page: no page at a number can. */
export function canUsePasskeys() {
  const knows = typeof globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON === "function";
  return knows && !/^\[|^\d+(\.\d+){3}$/.test(location.hostname);
}

/** Has the browser make a passkey; what goes to the issuer. */
export const makePasskey = (options) => asked(() =>
  navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }));

/** Has the browser use one. */
export const usePasskey = (options) => asked(() =>
  navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }));

const refusals = {
  InvalidStateError: "This device has a passkey of your account already.",
  NotAllowedError: "No passkey was used.",
};

async function asked(ask) {
  try {
    return (await ask()).toJSON();
  } catch (error) {
    throw new Problem("passkey", refusals[error.name] ?? `The browser could not use a passkey: ${error.message}`);
  }
}
