// The console of administrators: who sees it, and which part of it is open.

import * as api from "./api.js";
import { showPeople } from "./admin-people.js";
import { showAudit, showKeys, showRoles, showServices } from "./admin-rights.js";
import { byId } from "./dom.js";
import { currentUser, onSession } from "./session.js";
import { tabs } from "./tabs.js";

const shown = { people: showPeople, roles: showRoles, services: showServices, keys: showKeys, audit: showAudit };
const names = Object.keys(shown);

export function showConsole() {
  const parts = Object.fromEntries(names.map((name) => [name, shown[name]()]));
  const choose = tabs(names, (name) => parts[name].read());

  onSession(async (user) => {
    show(false);
    // A question waits for whoever it was put to.
    byId("ask").close();
    // Nothing of it stays for the next who logs in.
    names.forEach((name) => parts[name].forget());
    if (!user || !await administrates() || currentUser() !== user) return;
    show(true);
    choose("people");
  });
}

function show(open) {
  byId("console").hidden = !open;
  byId("nav-console").hidden = !open;
}

/** Who can't be told is none: the issuer refuses whatever such a person asks anyway. */
const administrates = () => api.myRoles().then((answer) => answer.administrates, () => false);
