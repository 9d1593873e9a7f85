// Roles, services, keys and the audit log, in the console.

import * as admin from "./admin-api.js";
import { ask, proved } from "./admin-ask.js";
import { list } from "./admin-list.js";
import { button, byId, el, fill, say, whileBusy } from "./dom.js";
import { empty, onSubmit, showMessage } from "./forms.js";
import { localTime } from "./format.js";
import { chips } from "./claims-view.js";

const time = (at) => (at ? localTime(new Date(at * 1000)) : el("span", { class: "quiet" }, "–"));
const some = (names) => (names.length > 0 ? chips(names) : el("span", { class: "quiet" }, "none"));

// The role whose permissions are being changed.
let changing = null;

export function showRoles() {
  const roles = list(byId("roles"), {
    caption: "Roles", columns: ["Role", "Level", "Permissions"], none: "There are no roles.",
    read: admin.roles,
    row: (role) => [button(role.name, { class: "link" }, () => begin(role)), String(role.level), some(role.permissions)],
  });
  onSubmit(byId("change-role"), async () => {
    // Another may be begun while this one waits for its proof.
    const name = changing;
    const permissions = byId("change-role-permissions").value.split(/\s+/).filter(Boolean);
    if (!await proved(() => admin.changeRole(name, { permissions }))) return;
    say(`The role ${name} has other permissions.`);
    const last = changing === name;
    if (last) end();
    await roles.read();
    if (last) focusRole(name);
  });
  byId("change-role-cancel").addEventListener("click", () => {
    const name = changing;
    end();
    focusRole(name);
  });
  return {
    read: roles.read,
    forget() {
      end();
      roles.forget();
    },
  };
}

function begin({ name, permissions }) {
  changing = name;
  empty(byId("change-role"));
  fill(byId("change-role-title"), "Permissions of ", el("code", {}, name));
  byId("change-role-permissions").value = permissions.join("\n");
  byId("change-role").hidden = false;
  byId("change-role-permissions").focus();
}

function end() {
  changing = null;
  empty(byId("change-role"));
  byId("change-role").hidden = true;
}

/** The form that had the focus is gone; it goes to where the form was opened. */
function focusRole(name) {
  const all = [...byId("roles").querySelectorAll("th button")];
  (all.find((each) => each.textContent === name) ?? byId("tab-roles")).focus();
}

export function showServices() {
  return list(byId("services"), {
    caption: "Services", columns: ["Service", "Audience", "Tokens live", "Permissions"], none: "There are no services.",
    read: admin.services,
    row: ({ name, audience, permissions, token_lifetime: lifetime }) =>
      [el("code", {}, name), el("code", {}, audience), `${lifetime} s`, some(permissions)],
  });
}

export function showKeys() {
  const keys = list(byId("keys"), {
    caption: "Keys", columns: ["Key", "Algorithm", "State", "Made", "Signs from"], none: "There are no keys.",
    read: admin.keys,
    row: ({ algorithm, created_at: made, kid, signs_from: from, state }) =>
      [el("code", {}, kid), algorithm, state, time(made), time(from)],
  });
  byId("rotate").addEventListener("click", async () => {
    const meant = await ask({
      title: "Make the next key?", text: "It is published at once and signs later, so that no good token fails.", confirm: "Make it",
    });
    if (meant === null) return;
    showMessage(byId("rotate-error"), "");
    await whileBusy(byId("rotate"), async () => {
      if (!await proved(admin.rotateKeys)) return;
      say("The next key is made.");
      await keys.read();
    })
      .catch((error) => showMessage(byId("rotate-error"), error.message));
  });
  return keys;
}

export function showAudit() {
  const entries = list(byId("audit"), {
    caption: "Audit log", columns: ["When", "Action", "Who", "Whom or what", "From"], none: "Nothing of that kind was done.",
    read: admin.audit,
    row: ({ action, actor, address, at, subject }) => [
      time(at), el("code", {}, action), el("span", { class: "mono wrap" }, actor), el("span", { class: "mono wrap" }, subject),
      address ?? el("span", { class: "quiet" }, "–"),
    ],
  });
  onSubmit(byId("find-audit"), ({ action, subject }) => entries.read({ action, subject }));
  return {
    read: entries.read,
    forget() {
      byId("find-audit").reset();
      entries.forget();
    },
  };
}
