// The micro token in hand: in memory only, gone with the page.

const listeners = new Set();
let held = null;

/**
 * `{ text, service, audience, receivedAt, expiresAt, jwks, verified? }`, times in milliseconds of
 * this computer's clock, counted from the lifetime the issuer stated, so a wrong clock shows a right
 * countdown. `jwks` is the key set of that moment. Null when there is none.
 */
export const heldToken = () => held;

export function holdToken(next) {
  held = next;
  listeners.forEach((listener) => listener(held));
}

/** Calls `listener` with the token in hand (or null), now and at every change. */
export function onToken(listener) {
  listeners.add(listener);
  listener(held);
}
