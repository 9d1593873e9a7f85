// The life of the token in hand, second by second.

import { byId } from "./dom.js";
import { span } from "./format.js";
import { heldToken, onToken } from "./token-store.js";

export function startCountdown() {
  setInterval(tick, 500);
  onToken(tick);
}

function tick() {
  const token = heldToken();
  if (!token) return;
  const life = token.expiresAt - token.receivedAt;
  const left = Math.max(0, token.expiresAt - Date.now());
  const bar = byId("life-bar");
  bar.max = life;
  bar.value = left;
  bar.dataset.low = String(left < life / 5);
  write("life-left", left > 0 ? span(left / 1000) : "expired");
  write("life-note", left > 0 ? `left of ${span(life / 1000)}` : "no verifier takes it any more");
}

/** Only what changed is written, so that nothing is announced twice. */
function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}
