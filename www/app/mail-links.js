// The links of the issuer's mails, `#verify=`, `#reset=` and `#undo=`, each with a code; and how to
// ask for one.

import * as api from "./api.js";
import { byId } from "./dom.js";
import { empty, onSubmit, showMessage } from "./forms.js";
import * as session from "./session.js";

/** What each link leads to. Nothing is done before a click: a link alone must not log anybody in. */
const links = {
  verify: { text: "Confirm that this e-mail address is yours.", button: "Confirm", work: verify },
  reset: { text: "Choose a new password. Every session of yours ends.", button: "Set the password", work: reset },
  undo: { text: "Keep your old e-mail address. Every session and the password end; a mail for a new password follows.", button: "Keep the address", work: undo },
};

/** What a mail is asked for, by the form `NAME-form`. */
const requests = {
  forgot: { ask: api.forgotPassword, told: "If there is an account with this e-mail, a mail with a link is on its way." },
  resend: { ask: api.resendProof, told: "If this e-mail waits for its proof, another mail with a link is on its way." },
};

let opened = null;

/** Takes up a link that this page was opened with, or is opened with later. */
export function showMailLinks() {
  onSubmit(byId("by-mail"), (fields) => opened.work(opened.code, fields));
  for (const [name, { ask, told }] of Object.entries(requests)) {
    onSubmit(byId(`${name}-form`), async (fields) => {
      await ask(fields);
      showRequest(null);
      tell(told);
    });
  }
  byId("forgot").addEventListener("click", () => showRequest(byId("forgot-form").hidden ? "forgot" : null));
  take();
  addEventListener("hashchange", take);
}

/** After a registration that waits: where to look next. */
export function showLookIntoMail() {
  tell("Look into your mail: the link there completes the registration.");
}

/** Opens one of the forms that ask for a mail, and closes the others; null opens none. */
export function showRequest(opening) {
  for (const name of Object.keys(requests)) {
    empty(byId(`${name}-form`));
    byId(`${name}-form`).hidden = name !== opening;
  }
  byId("forgot").setAttribute("aria-expanded", String(opening === "forgot"));
  if (opening === null) return;
  const email = byId(`${opening}-email`);
  // Whoever tried to log in with it need not write it again.
  const login = byId("log-in-login").value;
  if (login.includes("@")) email.value = login;
  email.focus();
}

/** What was said of a link is done with. */
export function hideMailLinks() {
  byId("by-mail").hidden = true;
}

/** The code leaves the address bar, and so the history. */
function take() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const page = Object.keys(links).find((name) => fragment.get(name));
  if (!page) return;
  opened = { ...links[page], code: fragment.get(page) };
  history.replaceState(null, "", location.pathname);
  const form = byId("by-mail");
  empty(form);
  byId("by-mail-password").required = page === "reset";
  byId("by-mail-password-field").hidden = page !== "reset";
  byId("by-mail-submit").textContent = opened.button;
  byId("by-mail-submit").hidden = false;
  showMessage(byId("by-mail-text"), opened.text);
  form.hidden = false;
  form.focus();
}

async function verify(code) {
  const registered = await session.verifyEmail(code);
  tell(registered ? "Your account is complete, and you are logged in." : "The address is confirmed. Log in with your password.");
}

async function reset(code, { password }) {
  await api.resetPassword(code, password);
  tell("You have a new password. Log in with it.");
  await checkSession();
}

async function undo(code) {
  await api.undoEmail(code);
  tell("Your account has its old address again. Look there for the mail that lets you choose a new password.");
  await checkSession();
}

/** It is done by then, and no failure where this can't be told: whatever the session is asked next will. */
const checkSession = () => session.check().catch(() => {});

function tell(text) {
  const form = byId("by-mail");
  form.reset();
  byId("by-mail-password").required = false;
  byId("by-mail-password-field").hidden = true;
  byId("by-mail-submit").hidden = true;
  showMessage(byId("by-mail-text"), text);
  form.hidden = false;
  form.focus();
}
