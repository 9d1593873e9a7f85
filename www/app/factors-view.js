// What somebody shows besides their password: passkeys, an authenticator app, backup codes.

import * as api from "./api.js";
import { button, byId, el, fill, whileBusy } from "./dom.js";
import { onSubmit, showMessage } from "./forms.js";
import { localTime } from "./format.js";
import { canUsePasskeys, makePasskey } from "./passkeys.js";
import { currentUser, onSession } from "./session.js";

export function showFactors() {
  onSession((user) => {
    reset();
    byId("factors").hidden = !user?.username;
    if (user?.username) attempt(refresh);
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
    byId("factors-title").scrollIntoView({ block: "nearest" });
  });
  onSubmit(byId("totp"), ({ code }) => api.confirmTotp(code).then(async ({ backup_codes: codes }) => {
    hideTotp();
    await refresh();
    showCodes(codes);
  }));
}

/** Does something that may be refused; where the log-in is too old, the password is asked for. */
async function attempt(work) {
  const form = byId("new-factor");
  const place = form.querySelector(".form-error");
  showMessage(place, "");
  await whileBusy(form, work).catch((error) => {
    if (error.code === "authentication_too_old") {
      byId("factors-password-field").hidden = false;
      byId("factors-password").focus();
      return;
    }
    showMessage(place, error.code === "second_factor_required"
      ? "You logged in before this account had a second factor. Log out, and in again with it."
      : error.message);
  });
}

/** The password, where it was asked for. */
function proof() {
  const password = byId("factors-password").value;
  return password === "" ? {} : { password };
}

async function refresh() {
  const user = currentUser();
  const [factors, { items }] = await Promise.all([api.factors(), api.passkeys()]);
  // Somebody may have logged out meanwhile.
  if (currentUser() !== user) return;
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
    await remove();
    await refresh();
  });
  return el("li", {},
    el("span", {}, el("strong", {}, name), " ", el("span", { class: "quiet" }, about)),
    button("Remove", { "aria-label": label }, removed));
}

const used = (at) => (at === null ? "never used" : `used ${localTime(new Date(at * 1000))}`);

async function addPasskey() {
  const { public_key: options } = await api.offerPasskey(proof());
  const credential = await makePasskey(options);
  const answer = await api.confirmPasskey({ credential, name: deviceName() });
  await refresh();
  showCodes(answer.backup_codes);
}

/** What a person calls this device, as far as the browser knows it. */
function deviceName() {
  const system = navigator.userAgentData?.platform || /Windows|Macintosh|iPhone|iPad|Android|Linux/.exec(navigator.userAgent)?.[0];
  return system ? `Passkey from ${system}` : "Passkey";
}

async function offerTotp() {
  const offer = await api.offerTotp(proof());
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
  byId("totp").reset();
  byId("totp").hidden = true;
  byId("totp-link").removeAttribute("href");
  fill(byId("totp-image"));
  byId("totp-secret").textContent = "";
  byId("new-factor").hidden = false;
}

function showCodes(codes) {
  if (!codes) return;
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
  byId("factors-password").value = "";
  byId("factors-password-field").hidden = true;
  showMessage(byId("new-factor").querySelector(".form-error"), "");
}
