// Register, log in, log out.

import { Problem } from "./api.js";
import { byId, whileBusy } from "./dom.js";
import { onSubmit, showMessage } from "./forms.js";
import { hideMailLinks, showLookIntoMail, showMailLinks, showRequest } from "./mail-links.js";
import { canUsePasskeys } from "./passkeys.js";
import * as session from "./session.js";
import { tabs } from "./tabs.js";

const names = ["log-in", "register"];
let choose;
let invitation = "";

export function showAccount() {
  onSubmit(byId("log-in"), (fields) => begin(() => session.logIn(fields)).then((complete) => complete && loggedIn()));
  onSubmit(byId("second-step"), ({ code }) => session.finishLogIn(code).then(loggedIn, secondStepFailed));
  byId("sign-in-by-passkey").hidden = !canUsePasskeys();
  onPress("sign-in-by-passkey", "log-in", () => begin(session.signInByPasskey).then(loggedIn));
  onPress("second-step-passkey", "second-step", () => session.finishLogInByPasskey().then(loggedIn, secondStepFailed));
  byId("begin-anew").addEventListener("click", session.forgetLogIn);
  session.onWaiting(showSecondStep);
  onSubmit(byId("register"), (fields) => session.register(fields).then(registered));
  byId("log-out").addEventListener("click", logOut);
  choose = tabs(names);
  session.onSession(showPerson);
  takeInvitation();
  showMailLinks();
  addEventListener("hashchange", takeInvitation);
}

function showPerson(user) {
  byId("signed-in").hidden = !user;
  byId("signed-out").hidden = Boolean(user);
  document.documentElement.dataset.session = user ? "in" : "out";
  for (const name of names) byId(name).reset();
  showInvitation();
  if (!user) return;
  const name = user.username ?? user.id;
  byId("person-name").textContent = name;
  byId("person-id").textContent = user.id;
  byId("person-initial").textContent = [...name][0]?.toUpperCase() ?? "";
}

/** Does `work` at each press of a button, and shows a refusal in the form that it stands in. */
function onPress(name, form, work) {
  const place = byId(form).querySelector(".form-error");
  byId(name).addEventListener("click", async () => {
    showMessage(place, "");
    await whileBusy(byId(form), work).catch((error) => showMessage(place, error.message));
  });
}

function showSecondStep(methods) {
  const waits = methods !== null;
  const byPasskey = waits && methods.includes("passkey") && canUsePasskeys();
  byId("second-step-passkey").hidden = !byPasskey;
  byId("second-step").reset();
  byId("second-step").hidden = !waits;
  byId("log-in").hidden = waits;
  if (waits) {
    choose("log-in");
    byId(byPasskey ? "second-step-passkey" : "second-step-code").focus();
  } else {
    byId("log-in-login").focus({ preventScroll: true });
  }
}

/** Begins a log-in. Whoever has to prove their e-mail first can have the mail sent again. */
async function begin(work) {
  showRequest(null);
  try {
    return await work();
  } catch (error) {
    if (error.code !== "email_unverified") throw error;
    showRequest("resend");
    throw new Problem(error.code, "The e-mail of this account is not proved yet: open the link of the mail, or have it sent again.");
  }
}

/** Where nothing waits any more, the log-in begins anew, and its form says why. */
function secondStepFailed(error) {
  if (error.code !== "code_invalid") throw error;
  showMessage(byId("log-in").querySelector(".form-error"), error.message);
}

function loggedIn() {
  hideMailLinks();
  focusPerson();
}

/** The form that had the focus is gone; the focus goes to what took its place. */
function focusPerson() {
  byId("signed-in").focus({ preventScroll: true });
}

async function logOut() {
  showMessage(byId("log-out-error"), "");
  try {
    await whileBusy(byId("log-out"), session.logOut);
    document.querySelector("[role=tab][aria-selected=true]").focus({ preventScroll: true });
  } catch (error) {
    showMessage(byId("log-out-error"), error.message);
  }
}

/** `#invitation=CODE` opens the registration. The code leaves the address bar, and so the history. */
function takeInvitation() {
  const code = new URLSearchParams(location.hash.slice(1)).get("invitation");
  if (!code) return;
  history.replaceState(null, "", location.pathname);
  invitation = code;
  showInvitation();
  choose("register");
  byId("register-username").focus();
}

function registered(complete) {
  invitation = "";
  showInvitation();
  if (complete) return focusPerson();
  byId("register").reset();
  showLookIntoMail();
}

function showInvitation() {
  byId("register-invitation").value = invitation;
  byId("invitation-field").hidden = !invitation;
  byId("invited").hidden = !invitation;
  byId("invitation-waits").hidden = !invitation;
}
