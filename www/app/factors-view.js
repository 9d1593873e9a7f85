// What somebody shows besides their password: passkeys, an authenticator app, backup codes.

import * as api from "./api.js";
import { button, byId, el, fill, say, whileBusy } from "./dom.js";
import { empty, onSubmit, showMessage } from "./forms.js";
import { localTime } from "./format.js";
import { canUsePasskeys, makePasskey } from "./passkeys.js";
import { onSession, sameUser } from "./session.js";

export function showFactors() {
  onSession((user) => {
    reset();
    byId("factors").hidden = !user?.username;
    if (user?.username) told(refresh);
  });
  byId("new-factor").addEventListener("submit", (event) => event.preventDefault());
  byId("add-passkey").addEventListener("click", () => attempt(addPasskey));
  byId("add-totp").addEventListener("click", () => attempt(offerTotp));
  byId("totp-cancel").addEventListener("click", () => {
    hideTotp();
    byId("add-totp").focus();
  });
  byId("backup-codes-kept").addEventListener("click", () => {
    hideCodes();
    byId("factors-title").focus();
  });
  onSubmit(byId("totp"), async ({ code }) => {
    const still = sameUser();
    const { backup_codes: codes } = await api.confirmTotp(code);
    if (!still()) return;
    hideTotp();
    await added("The authenticator app", codes);
  });
}

/** Does something for whoever is logged in now, and says it where it is refused. */
async function told(work) {
  const still = sameUser();
  showMessage(refusal(), "");
  await work().catch((error) => { if (still()) refused(error); });
}

const attempt = (work) => whileBusy(byId("new-factor"), () => told(work));

const refusal = () => byId("new-factor").querySelector(".form-error");

/** Where the log-in is too old, the password is asked for; who has none can log in anew. */
function refused({ code, message }) {
  if (code === "authentication_too_old") {
    byId("factors-password-field").hidden = false;
    byId("factors-password").focus();
    return showMessage(refusal(), `${message} Give your password, or log out and in again.`);
  }
  showMessage(refusal(), code === "second_factor_required"
    ? "You logged in before this account had a second factor. Log out, and in again with it."
    : message);
}

/** The password, where it was asked for. */
function proof() {
  const password = byId("factors-password").value;
  return password === "" ? {} : { password };
}

async function refresh() {
  const still = sameUser();
  const [factors, { items }] = await Promise.all([api.factors(), api.passkeys()]);
  if (!still()) return;
  byId("factors-password-field").hidden = true;
  byId("factors-password").value = "";
  const rows = items.map(passkeyRow);
  if (factors.totp) {
    rows.push(row("Authenticator app", used(factors.totp.last_used_at), "Remove the authenticator app",
      () => api.removeTotp(proof())));
  }
  if (rows.length > 0) rows.push(el("li", { class: "quiet" }, `Backup codes left: ${factors.backup_codes}`));
  fill(byId("factors-list"), ...rows);
  byId("factors-none").hidden = rows.length > 0;
  byId("add-passkey").hidden = !canUsePasskeys();
  byId("add-totp").hidden = factors.totp !== null;
}

function passkeyRow({ id, name, backed_up: backedUp, last_used_at: at }) {
  const about = backedUp ? `passkey, synchronised; ${used(at)}` : `passkey; ${used(at)}`;
  return row(name, about, `Remove the passkey ${name}`, () => api.removePasskey(id, proof()));
}

function row(name, about, label, remove) {
  const removed = () => attempt(async () => {
    const still = sameUser();
    await remove();
    await refresh();
    if (!still()) return;
    say(`${name} is removed.`);
    byId("factors-title").focus();
  });
  return el("li", {},
    el("span", {}, el("strong", {}, name), " ", el("span", { class: "quiet" }, about)),
    button("Remove", { "aria-label": label }, removed));
}

const used = (at) => (at === null ? "never used" : `used ${localTime(new Date(at * 1000))}`);

async function addPasskey() {
  const still = sameUser();
  const { public_key: options } = await api.offerPasskey(proof());
  if (!still()) return;
  const credential = await makePasskey(options);
  if (!still()) return;
  const { backup_codes: codes } = await api.confirmPasskey({ credential, name: deviceName() });
  if (still()) await added("The passkey", codes);
}

/** Shows the backup codes that come with the first factor, at once: nobody can ask for them again. */
async function added(name, codes) {
  say(`${name} is added.`);
  if (codes) showCodes(codes);
  else byId("factors-title").focus();
  await refresh();
}

/** What a person calls this device, as far as the browser knows it. */
function deviceName() {
  const system = navigator.userAgentData?.platform || /Windows|Macintosh|iPhone|iPad|Android|Linux/.exec(navigator.userAgent)?.[0];
  return system ? `Passkey from ${system}` : "Passkey";
}

async function offerTotp() {
  const still = sameUser();
  const offer = await api.offerTotp(proof());
  if (!still()) return;
  byId("totp-link").href = offer.uri;
  // As an image it runs nothing, whatever is in it.
  fill(byId("totp-image"), el("img", {
    src: `data:image/svg+xml,${encodeURIComponent(offer.qr_code)}`, alt: "QR code for an authenticator app", width: 192, height: 192,
  }));
  byId("totp-secret").textContent = offer.secret.match(/.{1,4}/g).join(" ");
  byId("new-factor").hidden = true;
  byId("totp").hidden = false;
  byId("totp-code").focus();
}

/** The secret does not stay behind in the document. */
function hideTotp() {
  empty(byId("totp"));
  byId("totp").hidden = true;
  byId("totp-link").removeAttribute("href");
  fill(byId("totp-image"));
  byId("totp-secret").textContent = "";
  byId("new-factor").hidden = false;
}

function showCodes(codes) {
  fill(byId("backup-codes-list"), ...codes.map((code) => el("li", {}, code)));
  byId("backup-codes").hidden = false;
  byId("backup-codes").focus({ preventScroll: true });
}

function hideCodes() {
  fill(byId("backup-codes-list"));
  byId("backup-codes").hidden = true;
}

function reset() {
  hideTotp();
  hideCodes();
  fill(byId("factors-list"));
  byId("factors-none").hidden = true;
  byId("factors-password-field").hidden = true;
  empty(byId("new-factor"));
}
