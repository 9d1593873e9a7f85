// Starts the page: each view minds its own part, this file only says in which order.

import { showAccount } from "./account-view.js";
import { showConsole } from "./admin-view.js";
import { byId, el, fill } from "./dom.js";
import { showFactors } from "./factors-view.js";
import { showPolicyLab } from "./policy-lab.js";
import { showProviders, takeReturn } from "./providers.js";
import { restore } from "./session.js";
import { showToken } from "./token-view.js";
import { issuerMetadata } from "./verifiers.js";
import { showWire } from "./wire-view.js";

const back = takeReturn();
showWire();
showAccount();
showFactors();
showToken();
showPolicyLab();
showConsole();

// A log-in elsewhere is finished also where whoever was here before can't be asked for.
await Promise.all([report(report(restore()).then(() => showProviders(back))), report(namesItself())]);
document.documentElement.dataset.ready = "";

/** Cookies and tokens belong to the issuer's own address; under another name nothing would work. */
async function namesItself() {
  const { issuer } = await issuerMetadata();
  byId("issuer-name").textContent = issuer;
  if (new URL(issuer).origin === location.origin) return;
  notice("This issuer signs as ", el("a", { href: issuer }, issuer),
    ` and was opened as ${location.origin}. Open it under its own address: sessions and keys belong to that.`);
}

async function report(work) {
  await work.catch((error) => notice(error.message));
}

function notice(...content) {
  fill(byId("notice"), ...content);
  byId("notice").hidden = false;
}
