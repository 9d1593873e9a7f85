// Who is logged in. The main token lives in a cookie that no script can read; what is kept here is
// only the user's profile, and in local storage whose session it is: asking for them is worth a
// request, and other tabs see who it is by now.

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

/** Answers, after something was waited for, whether whoever is logged in now still is. */
export function sameUser() {
  const before = user;
  return () => user === before;
}

/** Takes up the session of an earlier visit, if there is one, and follows other tabs. */
export async function restore() {
  api.watchSessions(() => {
    const still = sameUser();
    return () => { if (user && still()) become(null); };
  });
  addEventListener("storage", ({ key, newValue }) => {
    if (key === HINT && newValue !== (user?.id ?? null)) follow(newValue);
  });
  if (localStorage.getItem(HINT) !== null) await takeUp();
}

/** Asks whether the session goes on, after something that may have ended it. */
export async function check() {
  if (user) await takeUp();
}

/** The cookie is somebody else's by now: nothing more is done here as whoever it was. */
function follow(id) {
  show(null);
  // Who it is can't be told for the moment: this tab stays logged out, and the others as they are.
  if (id !== null) takeUp().catch(() => {});
}

async function takeUp() {
  become(await api.me().catch(nobodyIfOver));
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
  await api.logOut().catch(nobodyIfOver);
  become(null);
}

/** A session that is over is no failure where that was the question. */
function nobodyIfOver(error) {
  if (!api.isOver(error)) throw error;
  return null;
}

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
  if (next) localStorage.setItem(HINT, next.id);
  else localStorage.removeItem(HINT);
  show(next);
}

function show(next) {
  user = next;
  listeners.forEach((listener) => listener(user));
}
