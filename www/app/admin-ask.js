// Questions before something is done: whether it is meant, and who asks.

import * as api from "./api.js";
import { byId, el, fill, prose } from "./dom.js";
import { canUsePasskeys, usePasskey } from "./passkeys.js";
import { sameUser } from "./session.js";

/**
 * Asks in a dialog. Without `field` the answer is `""` where it was confirmed; with one, what was
 * typed there. `null` where it was not. A field with `expected` waits for that very text.
 */
export function ask({ title, text, confirm, field }) {
  const dialog = byId("ask");
  fill(byId("ask-title"), title);
  fill(byId("ask-text"), ...prose(text));
  fill(byId("ask-confirm"), confirm);
  const holder = byId("ask-field");
  const input = field && el("input", {
    id: "ask-input", type: field.type ?? "text", autocomplete: field.autocomplete ?? "off",
    autocapitalize: "none", spellcheck: "false", required: true,
  });
  fill(holder, ...(input ? [el("label", { for: "ask-input" }, field.label), input] : []));
  holder.hidden = !input;
  const ready = () => { byId("ask-confirm").disabled = input?.value === "" || (field?.expected ?? input?.value) !== input?.value; };
  input?.addEventListener("input", ready);
  ready();
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const answer = dialog.returnValue === "confirm" ? (input?.value ?? "") : null;
      // A password does not stay behind in the document.
      fill(holder);
      resolve(answer);
    }, { once: true });
  });
}

/**
 * Does `work`. Where the log-in is too old for it, or was without the second factor, the person is
 * asked to show who they are, and it is done then. `false` where they would not, or are no longer here.
 */
export async function proved(work) {
  const still = sameUser();
  try {
    return await done(work, still) && still();
  } catch (error) {
    if (still()) throw error;
    return false;
  }
}

async function done(work, still) {
  try {
    await work();
  } catch (error) {
    if (!["authentication_too_old", "second_factor_required"].includes(error.code)) throw error;
    const proof = await shown(error);
    if (proof === null || !still()) return false;
    await api.stepUp(proof);
    await work();
  }
  return true;
}

/** What the person shows: a passkey, else what their app shows or a backup code, else the password. */
async function shown(refusal) {
  const [{ totp, backup_codes: codes }, { items: passkeys }] = await Promise.all([api.factors(), api.passkeys()]);
  const byCode = totp !== null || codes > 0;
  if (passkeys.length > 0 && canUsePasskeys()) {
    try {
      return { passkey: await usePasskey((await api.askStepUp()).public_key) };
    } catch (error) {
      // It is not at hand.
      if (error.code !== "passkey" || !byCode) throw error;
    }
  }
  const question = { title: "Is it you?", confirm: "Go on" };
  if (totp === null && passkeys.length === 0) {
    const password = await ask({
      ...question, text: `${refusal.message} Give your password, or log out and in again.`,
      field: { label: "Your password", type: "password", autocomplete: "current-password" },
    });
    return password === null ? null : { password };
  }
  const code = await ask({
    ...question, text: "You logged in a while ago, or without your second factor.",
    field: { label: "What your authenticator app shows, or a backup code", autocomplete: "one-time-code" },
  });
  return code === null ? null : api.codeProof(code);
}
