// The buttons that try to fool the verifier, and what it answers.

import { decodeUnverified, LaikaError } from "../laika-verifier/index.js";
import { sentence } from "./api.js";
import { byId, button, el, fill, prose } from "./dom.js";
import { heldToken, onToken } from "./token-store.js";
import { showText } from "./token-text.js";
import { trials } from "./trials.js";
import { offlineVerifier } from "./verifiers.js";

const NAME = "The token";

export function showTrials() {
  fill(byId("trials"), ...trials.map((trial) => button(trial.label, { id: `trial-${trial.id}` }, () => attempt(trial))));
  onToken(() => {
    byId("trial-result").hidden = true;
    byId("token-name").textContent = NAME;
  });
}

async function attempt(trial) {
  const token = heldToken();
  const made = trial.make(token);
  const refusal = await ask(token, made);
  if (heldToken() !== token) return;
  byId("token-name").textContent = made.text === token.text ? NAME : "Tampered token";
  showText(made.text, made.flipped);
  const result = byId("trial-result");
  result.hidden = false;
  result.dataset.trial = trial.id;
  result.dataset.verdict = refusal ? "bad" : "good";
  fill(result,
    el("p", { class: "verdict-text" }, refusal ? ["Refused: ", el("code", {}, refusal.code)] : "Accepted."),
    refusal ? el("p", {}, prose(sentence(refusal.message))) : null,
    el("p", { class: "quiet" }, made.explanation),
    made.reads ? el("p", { class: "quiet" }, "Reading without verifying falls for it: ",
      el("code", {}, `decodeUnverified(token).claims.${made.reads}`), " is ",
      el("code", {}, JSON.stringify(decodeUnverified(made.text).claims[made.reads])), ".") : null);
}

/** The verifier's refusal, or undefined if it took the token. */
async function ask({ audience, jwks }, made) {
  const ahead = made.later ?? 0;
  const verifier = await offlineVerifier({
    audience: made.audience ?? audience,
    jwks,
    now: () => Math.floor(Date.now() / 1000) + ahead,
  });
  try {
    verifier.verifySync(made.text);
    return undefined;
  } catch (error) {
    if (error instanceof LaikaError) return error;
    throw error;
  } finally {
    verifier.free();
  }
}
