// Who is logged in. The main token lives in a cookie that no script can read; what is kept here is
// only the user's profile, and a note in local storage that asking for it is worth a request.

import * as api from "./api.js";
import { usePasskey } from "./passkeys.js";

const HINT = "laika.logged-in";
const listeners = new Set();
let user = null;
// A log-in that waits for its second factor: in this page's memory alone.
let waiting = null;
let whenWaiting = () => {};

/** The profile of whoever is logged in, or null. */
export const currentUser = () => user;

/** Calls `listener` with the user (or null), now and at every change. */
export function onSession(listener) {
  listeners.add(listener);
  listener(user);
}

/** Takes up the session of an earlier visit, if there is one, and follows other tabs. */
export async function restore() {
  addEventListener("storage", ({ key, newValue }) => {
    if (key === HINT && newValue === null) become(null);
  });
  if (localStorage.getItem(HINT) === null) return;
  await endedMeansLoggedOut(async () => become(await api.me()));
}

/** Asks whether the session goes on, after something that may have ended it. */
export async function check() {
  if (user) await endedMeansLoggedOut(async () => become(await api.me()));
}

/** Whether there is an account now; else it waits for the proof of its e-mail. */
export async function register(fields) {
  return becomeIfAny(await api.register(fields));
}

/** Whether that completed a registration; else it proved the address of an account. */
export async function verifyEmail(code) {
  return becomeIfAny(await api.verifyEmail(code));
}

/** Whether somebody is logged in now; else a second factor is asked for. */
export async function logIn(fields) {
  return entered(await api.logIn(fields));
}

/** Ends a log-in that waits, with what an app shows or a backup code. */
export async function finishLogIn(code) {
  try {
    entered(await api.secondFactor(waiting.id, api.codeProof(code)));
  } catch (error) {
    // It had its attempts, or its time.
    if (error.code === "code_invalid") wait(null);
    throw error;
  }
}

/** Ends a log-in that waits, with a passkey. */
export async function finishLogInByPasskey() {
  try {
    const asked = await api.askSecondFactor(waiting.id);
    entered(await api.secondFactor(waiting.id, { passkey: await usePasskey(asked.public_key) }));
  } catch (error) {
    if (error.code === "code_invalid") wait(null);
    throw error;
  }
}

/** By a passkey alone, whoever's it is. */
export async function signInByPasskey() {
  const asked = await api.beginSignIn();
  entered(await api.finishSignIn(await usePasskey(asked.public_key)));
}

/** Calls `listener` with what a log-in waits for that has a second factor (null: none waits), at every change. */
export function onWaiting(listener) {
  whenWaiting = listener;
}

/** Forgets a log-in that waits. */
export const forgetLogIn = () => wait(null);

/** With the one-time code of a log-in at another provider. */
export async function logInElsewhere(code, verifier) {
  entered(await api.exchange(code, verifier));
}

export async function logOut() {
  await endedMeansLoggedOut(api.logOut);
  become(null);
}

/** A micro token for `service`; when the session has ended elsewhere, the page logs out. */
export async function microToken(service) {
  try {
    return await api.microToken(service);
  } catch (error) {
    if (isEnded(error)) become(null);
    throw error;
  }
}

async function endedMeansLoggedOut(work) {
  try {
    await work();
  } catch (error) {
    if (!isEnded(error)) throw error;
    become(null);
  }
}

const isEnded = (error) => error instanceof api.Problem && error.status === 401;

function entered(answer) {
  wait(answer.second_factor ?? null);
  if (waiting) return false;
  become(answer.user);
  return true;
}

function wait(next) {
  const changed = (waiting === null) !== (next === null);
  waiting = next;
  if (changed) whenWaiting(waiting?.methods ?? null);
}

function becomeIfAny(answer) {
  if (!answer?.user) return false;
  become(answer.user);
  return true;
}

function become(next) {
  user = next;
  if (user) localStorage.setItem(HINT, "1");
  else localStorage.removeItem(HINT);
  listeners.forEach((listener) => listener(user));
}
