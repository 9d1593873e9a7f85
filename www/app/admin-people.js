// People, in the console: finding them, and what may be done to one.

import * as admin from "./admin-api.js";
import { ask, proved } from "./admin-ask.js";
import { list } from "./admin-list.js";
import { button, byId, el, fill, whileBusy } from "./dom.js";
import { onSubmit, showMessage } from "./forms.js";
import { localTime } from "./format.js";

const time = (at) => (at === null ? "never" : localTime(new Date(at * 1000)));
const nameOf = ({ username, id }) => username ?? id;

let everybody;
// Whose card is open.
let open = null;

export function showPeople() {
  everybody = list(byId("people"), {
    caption: "People", columns: ["Name", "E-mail", "State", "Last log-in"], none: "There is nobody of that kind.",
    read: admin.users,
    row: (user) => [
      button(nameOf(user), { class: "link" }, () => show(user.id)),
      email(user),
      state(user),
      time(user.last_login_at),
    ],
  });
  onSubmit(byId("find-people"), ({ prefix, status }) => everybody.read({ prefix, status }));
  onSubmit(byId("give-role"), async ({ role }) => {
    if (!await proved(() => admin.giveRole(open, role))) return;
    byId("give-role").reset();
    await anew();
  });
  byId("person-close").addEventListener("click", () => {
    close();
    byId("find-prefix").focus();
  });
  return {
    read: everybody.read,
    forget() {
      close();
      byId("find-people").reset();
      everybody.forget();
    },
  };
}

function email({ email: address, email_verified: proof }) {
  if (address === null) return el("span", { class: "quiet" }, "none");
  return el("span", { class: "wrap" }, address, !proof && el("span", { class: "quiet" }, " (not proved)"));
}

function state({ anonymous, status }) {
  if (status !== "active") return el("span", { class: "bad" }, status);
  return anonymous ? "anonymous" : "active";
}

async function show(id) {
  open = id;
  await attempt(async () => {
    await refresh();
    byId("person").hidden = false;
    byId("person-title").focus();
  });
}

function close() {
  open = null;
  byId("person").hidden = true;
  for (const part of ["title", "facts", "actions", "sessions"]) fill(byId(`person-${part}`));
}

/** Does something that may be refused, and says so on the card. */
async function attempt(work) {
  const place = byId("person-error");
  showMessage(place, "");
  await whileBusy(byId("person-actions"), work).catch((error) => {
    byId("person").hidden = false;
    showMessage(place, error.message);
  });
}

/** Does it, and shows what became of it. */
const change = (work) => attempt(async () => {
  if (await proved(work)) await anew();
});

const anew = () => Promise.all([refresh(), everybody.read()]);

async function refresh() {
  const id = open;
  const [user, { roles }] = await Promise.all([admin.user(id), admin.rolesOf(id)]);
  if (open !== id) return;
  fill(byId("person-title"), nameOf(user));
  fill(byId("person-facts"),
    ...fact("Id", el("span", { class: "mono wrap" }, user.id)),
    ...fact("State", state(user)),
    ...fact("Joined", time(user.created_at)),
    ...fact("Roles", rolesList(user, roles)));
  fill(byId("person-actions"), ...(user.status === "deleted" ? [] : actions(user)));
  byId("give-role").hidden = user.status === "deleted";
  showSessions(user);
}

const fact = (name, value) => [el("dt", {}, name), el("dd", {}, value)];

function rolesList(user, roles) {
  if (roles.length === 0) return el("span", { class: "quiet" }, "none");
  return el("ul", { class: "chips" }, roles.map(({ name, level }) => el("li", {}, name,
    el("span", { class: "quiet" }, ` ${level} `),
    button("Take", { class: "link", "aria-label": `Take the role ${name} from ${nameOf(user)}` },
      () => change(() => admin.takeRole(user.id, name))))));
}

function actions(user) {
  const name = nameOf(user);
  const disabled = user.status === "disabled";
  return [
    disabled
      ? button("Enable", {}, () => change(() => admin.enable(user.id)))
      : button("Disable", {}, () => sure(change, {
        title: `Disable ${name}?`, text: "Their sessions end at once, and nobody can log in as them until you enable them again.", confirm: "Disable",
      }, () => admin.disable(user.id))),
    button("End all sessions", {}, () => sure(change, {
      title: `End all sessions of ${name}?`, text: "They have to log in again everywhere.", confirm: "End them",
    }, () => admin.endSessions(user.id))),
    button("Delete", { class: "danger" }, () => sure(change, {
      title: `Delete ${name}?`, text: "It can't be undone here. Name and e-mail stay reserved.", confirm: "Delete",
      field: { label: `Type ${name} to go on`, expected: name },
    }, () => admin.remove(user.id))),
  ];
}

/** Does `work` by way of `how`, if it is confirmed. */
async function sure(how, question, work) {
  if (await ask(question) !== null) await how(work);
}

function showSessions(user) {
  return list(byId("person-sessions"), {
    caption: `Sessions of ${nameOf(user)}`, columns: ["Client", "Last used", "From", ""], none: "No session is open.",
    read: (query) => admin.sessionsOf(user.id, query),
    row: ({ address, client, id, last_used_at: used, user_agent: agent }) => [
      el("span", { class: "wrap" }, client ?? agent ?? "unknown"),
      time(used),
      address ?? el("span", { class: "quiet" }, "unknown"),
      button("End", { class: "small", "aria-label": `End the session ${id}` }, () => change(() => admin.endSession(user.id, id))),
    ],
  }).read();
}
