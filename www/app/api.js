// The issuer's HTTP API (docs/contract/issuer.md), as far as this page uses it.

import { observedFetch } from "./wire.js";

/** A refusal of the issuer (RFC 9457), or the lack of any answer (`code` is `"network"`). */
export class Problem extends Error {
  constructor(code, message, { status = 0, fields = [], strength, retryAfter } = {}) {
    super(message);
    this.name = "Problem";
    this.code = code;
    this.status = status;
    this.fields = fields;
    this.strength = strength;
    this.retryAfter = retryAfter;
  }
}

const asCookie = { transport: "cookie" };

export const register = (fields) => call("POST", "/v1/users", { ...fields, ...asCookie });
export const logIn = (fields) => call("POST", "/v1/sessions", { ...fields, ...asCookie });
export const secondFactor = (id, proof) =>
  call("POST", "/v1/sessions/second-factor", { id, ...proof, ...asCookie });
export const askSecondFactor = (id) => call("POST", "/v1/sessions/second-factor/passkey", { id });
export const beginSignIn = () => call("POST", "/v1/sessions/passkey/begin");
export const finishSignIn = (credential) => call("POST", "/v1/sessions/passkey/finish", { credential, ...asCookie });
export const factors = () => call("GET", "/v1/me/factors");
export const offerTotp = (proof) => call("POST", "/v1/me/factors/totp", proof);
export const confirmTotp = (code) => call("POST", "/v1/me/factors/totp/confirm", { code });
export const removeTotp = (proof) => call("DELETE", "/v1/me/factors/totp", proof);
export const passkeys = () => call("GET", "/v1/me/passkeys?limit=100");
export const offerPasskey = (proof) => call("POST", "/v1/me/passkeys", proof);
export const confirmPasskey = (fields) => call("POST", "/v1/me/passkeys/confirm", fields);
export const removePasskey = (id, proof) => call("DELETE", `/v1/me/passkeys/${encodeURIComponent(id)}`, proof);
export const exchange = (code, verifier) =>
  call("POST", "/v1/login/exchange", { code, code_verifier: verifier, ...asCookie });
export const providers = () => call("GET", "/v1/providers?limit=100");
export const verifyEmail = (code) => call("POST", "/v1/email/verify", { code, ...asCookie });
export const resendProof = (fields) => call("POST", "/v1/email/resend", fields);
export const undoEmail = (code) => call("POST", "/v1/email/undo", { code });
export const forgotPassword = (fields) => call("POST", "/v1/password/forgot", fields);
export const resetPassword = (code, password) => call("POST", "/v1/password/reset", { code, password });
/** What an app shows, or else a backup code, as a proof. */
export const codeProof = (code) => (/^\d{6}$/.test(code.trim()) ? { totp: code.trim() } : { backup_code: code });
export const logOut = () => call("DELETE", "/v1/sessions/current");
export const me = () => call("GET", "/v1/me");
export const myRoles = () => call("GET", "/v1/me/roles");
export const stepUp = (proof) => call("POST", "/v1/sessions/current/step-up", proof);
export const askStepUp = () => call("POST", "/v1/sessions/current/step-up/passkey");
export const microToken = (service) => call("POST", "/v1/tokens/micro", { services: [service] });
export const metadata = () => call("GET", "/.well-known/oauth-authorization-server");
export const keySet = (uri) => call("GET", uri);

/** What a 401 asks for that does not mean the end of the session. */
const PROOFS = ["authentication_too_old", "credentials_invalid", "second_factor_required"];

/** Whether a refusal says that the session is over, or never was. */
export const isOver = ({ code, status }) => status === 401 && !PROOFS.includes(code);

let watch = () => () => {};

/** Calls `begin` before each request, and what it answered where the session turns out to be over. */
export function watchSessions(begin) {
  watch = begin;
}

export async function call(method, path, body) {
  const over = watch();
  let response;
  try {
    response = await observedFetch(path, {
      method,
      credentials: "same-origin",
      // A call by cookie must be JSON: a foreign page can't send that without a preflight.
      headers: { "content-type": "application/json", accept: "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem("network", "The issuer did not answer. Is it running, and are you online?");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const problem = problemFrom(response, answer);
  if (isOver(problem)) over();
  throw problem;
}

function problemFrom(response, answer) {
  const retryAfter = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  const busy = response.status === 429 || response.status === 503;
  const detail = answer?.detail ?? answer?.title ?? `The issuer answered ${response.status}.`;
  return new Problem(
    answer?.code ?? "unknown",
    busy && retryAfter > 0 ? `${sentence(detail)} Try again in ${seconds(retryAfter)}.` : sentence(detail),
    { ...answer, status: response.status, retryAfter },
  );
}

/** The API writes messages in lower case without a full stop; a page writes sentences. */
export function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function seconds(count) {
  return count === 1 ? "a second" : `${count} seconds`;
}
