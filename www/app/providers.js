// Log-ins at other providers: a button for each, and the way back from there.

import * as api from "./api.js";
import { button, byId, fill } from "./dom.js";
import { showMessage } from "./forms.js";
import * as session from "./session.js";

// In this tab alone: whoever opens a link with somebody else's code has no secret that fits it.
const SECRET = "laika.login-secret";

const refusals = {
  access_denied: "You did not log in there. Nothing was changed.",
  provider_failed: "The other service did not answer as it must. Try again, or log in here.",
};

/**
 * What this page was sent back with (else null). It leaves the address bar, and so the history, before
 * anything is done with it.
 */
export function takeReturn() {
  const query = new URLSearchParams(location.search);
  const [code, error] = [query.get("code"), query.get("error")];
  if (code === null && error === null) return null;
  history.replaceState(null, "", location.pathname + location.hash);
  const secret = sessionStorage.getItem(SECRET);
  sessionStorage.removeItem(SECRET);
  // A link that somebody else made leads nowhere.
  return secret === null ? null : { code, error, secret };
}

/** Shows what is configured, and finishes the log-in that this page was sent `back` from. */
export async function showProviders(back) {
  const [{ items }] = await Promise.all([api.providers(), back && finish(back)]);
  fill(byId("provider-buttons"), ...items.map(({ name, title }) =>
    button(`Log in with ${title}`, { "data-provider": name }, () => leave(name))));
  byId("elsewhere").hidden = items.length === 0;
}

async function leave(name) {
  const secret = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  sessionStorage.setItem(SECRET, secret);
  const query = new URLSearchParams({ next: `${location.origin}/`, code_challenge: base64url(new Uint8Array(hash)) });
  location.assign(`/v1/login/${encodeURIComponent(name)}?${query}`);
}

async function finish({ code, error, secret }) {
  if (error !== null) return tell(refusals[error] ?? refusals.provider_failed);
  await session.logInElsewhere(code, secret).catch((refused) => tell(refused.message));
}

function tell(text) {
  showMessage(byId("elsewhere-error"), text);
}

const base64url = (bytes) => btoa(String.fromCharCode(...bytes))
  .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
