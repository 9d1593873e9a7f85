// The micro token: ask for it, verify it here, show it, renew it.

import { microToken, sentence } from "./api.js";
import { byId, el, fill, prose, whileBusy } from "./dom.js";
import { showClaims } from "./claims-view.js";
import { startCountdown } from "./countdown.js";
import { duration } from "./format.js";
import { onSubmit, showMessage } from "./forms.js";
import { onSession, sameUser } from "./session.js";
import { measure } from "./timing.js";
import { heldToken, holdToken, onToken } from "./token-store.js";
import { showText } from "./token-text.js";
import { showTrials } from "./trials-view.js";
import { fetchingVerifier, keySet } from "./verifiers.js";

export function showToken() {
  const [service, audience] = [byId("micro-service"), byId("micro-audience")];
  let audienceFollows = true;
  service.addEventListener("input", () => { if (audienceFollows) audience.value = service.value; });
  audience.addEventListener("input", () => { audienceFollows = audience.value === service.value; });

  onSubmit(byId("micro"), ({ services, audience: expected }) => obtain(services, expected));
  byId("renew").addEventListener("click", renew);
  byId("copy-token").addEventListener("click", copy);
  onSession((user) => {
    // Not the button itself: whoever logs out while a token is on its way would find it enabled again.
    byId("micro-session").disabled = !user;
    byId("micro-hint").hidden = Boolean(user);
    if (!user) holdToken(null);
  });
  onToken((token) => { byId("token-result").hidden = !token; });
  startCountdown();
  showTrials();
}

/** Asks for a token, verifies it, and only then shows it. */
async function obtain(service, audience) {
  const still = sameUser();
  const { micro_token: text, expires_in: lifetime } = await microToken(service);
  const receivedAt = Date.now();
  const { milliseconds, ...outcome } = await verify(text, audience);
  const jwks = await keySet();
  // Logged out while the answers were on their way: what came is not for whoever is here now.
  if (!still()) return;
  holdToken({ text, service, audience, jwks, receivedAt, expiresAt: receivedAt + lifetime * 1000, ...outcome });
  showVerdict(outcome);
  showText(text);
  showClaims(text, outcome.verified);
  await showTimings(heldToken(), milliseconds);
}

async function verify(text, audience) {
  const verifier = await fetchingVerifier(audience);
  const began = performance.now();
  const outcome = await verifier.verify(text).then((verified) => ({ verified }), (refusal) => ({ refusal }));
  const milliseconds = performance.now() - began;
  verifier.free();
  return { milliseconds, ...outcome };
}

async function renew() {
  const { service, audience } = heldToken();
  showMessage(byId("renew-error"), "");
  await whileBusy(byId("renew"), () => obtain(service, audience))
    .catch((error) => showMessage(byId("renew-error"), error.message));
}

function showVerdict({ verified, refusal }) {
  byId("verdict").dataset.verdict = verified ? "good" : "bad";
  fill(byId("verdict-text"), verified
    ? ["Verified. ", el("span", { class: "quiet" }, "Signature, issuer, audience, type and times hold.")]
    : ["Refused: ", el("code", {}, refusal.code ?? "error"), " ", el("span", { class: "quiet" }, prose(sentence(refusal.message)))]);
}

async function showTimings(token, withKeys) {
  fill(byId("timings"), timing("first time, keys fetched", withKeys));
  if (!token.verified) return;
  const atHand = await measure(token);
  if (heldToken() === token) byId("timings").append(timing("again, keys at hand", atHand));
}

const timing = (what, milliseconds) =>
  el("div", {}, el("dt", {}, what), el("dd", { class: "tabular" }, duration(milliseconds)));

async function copy() {
  const label = byId("copy-token");
  try {
    await navigator.clipboard.writeText(heldToken().text);
    label.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(byId("token-text"));
    label.textContent = "Selected";
  }
  setTimeout(() => { label.textContent = "Copy"; }, 1600);
}
