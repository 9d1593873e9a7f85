// People, in the console: finding them, and what may be done to one.

import * as admin from "./admin-api.js";
import { ask, proved } from "./admin-ask.js";
import { list } from "./admin-list.js";
import { button, byId, el, fill, isBusy, say, whileBusy } from "./dom.js";
import { empty, onSubmit, showMessage } from "./forms.js";
import { localTime } from "./format.js";

const time = (at) => (at === null ? "never" : localTime(new Date(at * 1000)));
const nameOf = ({ username, id }) => username ?? id;

let everybody;
// Whose card is asked for, and who is on it: nobody, before it is read.
let open = null;
let shown = null;

export function showPeople() {
  everybody = list(byId("people"), {
    caption: "People", columns: ["Name", "E-mail", "State", "Last log-in"], none: "There is nobody of that kind.",
    read: admin.users,
    row: (user) => [
      button(nameOf(user), { class: "link" }, () => show(user)),
      email(user),
      state(user),
      time(user.last_login_at),
    ],
  });
  onSubmit(byId("find-people"), ({ prefix, status }) => everybody.read({ prefix, status }));
  onSubmit(byId("give-role"), async ({ role }) => {
    // Another card may be open by the time that it is proved.
    const { id } = shown;
    if (!await proved(() => admin.giveRole(id, role))) return;
    say(`The role ${role} is given.`);
    if (open === id) byId("give-role").reset();
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

async function show(user) {
  close();
  open = user.id;
  fill(byId("person-title"), nameOf(user));
  await told(async () => {
    await refresh();
    if (open === user.id) byId("person-title").focus();
  });
}

function close() {
  open = null;
  shown = null;
  byId("person").hidden = true;
  byId("give-role").hidden = true;
  empty(byId("give-role"));
  for (const part of ["title", "facts", "actions", "sessions"]) fill(byId(`person-${part}`));
}

/** Does something that may be refused, and says so on the card, if it is still that one. */
async function told(work) {
  const id = open;
  const place = byId("person-error");
  showMessage(place, "");
  const outcome = await work().then(() => "", (error) => error.message);
  if (open !== id) return;
  byId("person").hidden = false;
  showMessage(place, outcome);
}

/** Does it, says so, and shows what became of it. The button that was pressed is gone then. */
function change(done, work) {
  const actions = byId("person-actions");
  // What was begun on another card may go on.
  if (isBusy(actions)) return showMessage(byId("person-error"), "Something else is being done; try again.");
  return whileBusy(actions, () => told(async () => {
    const id = open;
    if (!await proved(work)) return;
    say(done);
    await anew();
    if (open === id) byId("person-title").focus();
  }));
}

const anew = () => Promise.all([open !== null && refresh(), everybody.read()]);

async function refresh() {
  const id = open;
  const [user, { roles }] = await Promise.all([admin.user(id), admin.rolesOf(id)]);
  if (open !== id) return;
  shown = user;
  byId("person").hidden = false;
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
      () => change(`The role ${name} is taken.`, () => admin.takeRole(user.id, name))))));
}

function actions(user) {
  const name = nameOf(user);
  const disabled = user.status === "disabled";
  return [
    disabled
      ? button("Enable", {}, () => change(`${name} is enabled.`, () => admin.enable(user.id)))
      : button("Disable", {}, () => sure(`${name} is disabled.`, {
        title: `Disable ${name}?`, text: "Their sessions end at once, and nobody can log in as them until you enable them again.", confirm: "Disable",
      }, () => admin.disable(user.id))),
    button("End all sessions", {}, () => sure(`All sessions of ${name} have ended.`, {
      title: `End all sessions of ${name}?`, text: "They have to log in again everywhere.", confirm: "End them",
    }, () => admin.endSessions(user.id))),
    button("Delete", { class: "danger" }, () => sure(`${name} is deleted.`, {
      title: `Delete ${name}?`, text: "It can't be undone here. Name and e-mail stay reserved.", confirm: "Delete",
      field: { label: `Type ${name} to go on`, expected: name },
    }, () => admin.remove(user.id))),
  ];
}

/** Changes something, if it is confirmed. */
async function sure(done, question, work) {
  if (await ask(question) !== null) await change(done, work);
}

function showSessions(user) {
  return list(byId("person-sessions"), {
    caption: `Sessions of ${nameOf(user)}`, columns: ["Client", "Last used", "From", ""], none: "No session is open.",
    read: (query) => admin.sessionsOf(user.id, query),
    row: ({ address, client, id, last_used_at: used, user_agent: agent }) => [
      el("span", { class: "wrap" }, client ?? agent ?? "unknown"),
      time(used),
      address ?? el("span", { class: "quiet" }, "unknown"),
      button("End", { class: "small", "aria-label": `End the session ${id}` },
        () => change("The session has ended.", () => admin.endSession(user.id, id))),
    ],
  }).read();
}
