// The policy lab: an editable policy, one request, and the table of presets, all decided here.

import { LaikaError } from "../laika-verifier/index.js";
import { sentence } from "./api.js";
import { byId, el, fill, prose } from "./dom.js";
import { decisionCard, verdict } from "./decision-view.js";
import { duration } from "./format.js";
import { openEditor } from "./json-editor.js";
import { defaultPolicy, presets } from "./policy-default.js";
import { lineOf } from "./policy-place.js";
import { heldToken, onToken } from "./token-store.js";
import { keySet, offlineVerifier } from "./verifiers.js";

const PAUSE = 120;
let editor;
let verifier = null;
let edition = 0;
let publicKeys;

export function showPolicyLab() {
  let pause;
  editor = openEditor(byId("policy-editor"), () => {
    clearTimeout(pause);
    pause = setTimeout(compile, PAUSE);
  });
  byId("policy-reset").addEventListener("click", () => {
    editor.text = defaultPolicy;
    compile();
  });
  byId("request").addEventListener("submit", (event) => event.preventDefault());
  for (const id of ["request-method", "request-path", "request-token"]) byId(id).addEventListener("input", decideRequest);
  byId("request-host").addEventListener("input", decide);
  editor.text = defaultPolicy;

  let expiry;
  onToken((token) => {
    clearTimeout(expiry);
    if (token) expiry = setTimeout(decide, token.expiresAt - Date.now() + 1000);
    byId("request-token").disabled = !token;
    byId("request-token-label").textContent = token ? "send the micro token" : "send the micro token (get one above)";
    compile();
  });
}

/** Compiles what is in the editor; of two runs that overlap, the later one counts. */
async function compile() {
  const mine = ++edition;
  const token = heldToken();
  try {
    const jwks = token?.jwks ?? await (publicKeys ??= keySet());
    const began = performance.now();
    const next = await offlineVerifier({ audience: token?.audience ?? "orders", jwks, policy: editor.text });
    if (mine !== edition) return next.free();
    accept(next, performance.now() - began);
  } catch (error) {
    if (!(error instanceof LaikaError)) publicKeys = undefined;
    if (mine === edition) refuse(error);
  }
  decide();
}

function accept(next, milliseconds) {
  verifier?.free();
  verifier = next;
  editor.judge(true);
  byId("policy-state").dataset.verdict = "good";
  byId("policy-state").textContent = `Compiles, in ${duration(milliseconds)}.`;
}

/** A bad policy is refused whole: the one before is not used in its stead. */
function refuse(error) {
  verifier?.free();
  verifier = null;
  editor.judge(false, error instanceof LaikaError ? lineOf(error.message, editor.text) : null);
  byId("policy-state").dataset.verdict = "bad";
  fill(byId("policy-state"),
    error instanceof LaikaError ? [el("strong", {}, el("code", {}, error.code)), " "] : null,
    ...prose(sentence(error.message)));
}

function decide() {
  decideRequest();
  const held = heldToken();
  const rows = presets(held?.verified?.subject);
  const began = performance.now();
  const decided = rows.map((request) => ({
    request,
    without: ask(undefined, request),
    with: held ? ask(held.text, request) : undefined,
  }));
  const count = rows.length * (held ? 2 : 1);
  byId("table-note").textContent = verifier ? `${count} decisions in ${duration(performance.now() - began)}` : "";
  fill(byId("decisions").tBodies[0], ...decided.map(tableRow));
}

function decideRequest() {
  const held = heldToken();
  const sends = held && byId("request-token").checked;
  const request = { method: byId("request-method").value, path: byId("request-path").value };
  const card = decisionCard(ask(sends ? held.text : undefined, request));
  // What has not changed is not announced again.
  if (!byId("decision").firstChild?.isEqualNode(card)) fill(byId("decision"), card);
}

/** The decision, or null while there is no policy to ask. */
function ask(text, { method, path }) {
  const host = byId("request-host").value.trim() || undefined;
  return verifier?.authorizeSync(text, { method, path, host }) ?? null;
}

function tableRow({ request, without, with: withToken }) {
  const choose = el("button", { type: "button", class: "link mono" }, el("b", {}, request.method), ` ${request.shown ?? request.path}`);
  choose.addEventListener("click", () => {
    byId("request-method").value = request.method;
    byId("request-path").value = request.path;
    decideRequest();
  });
  return el("tr", {},
    el("th", { scope: "row" }, choose, request.note ? el("span", { class: "quiet note" }, request.note) : null),
    el("td", {}, verdict(without)),
    el("td", {}, withToken === undefined ? el("span", { class: "quiet" }, "no token") : verdict(withToken)));
}
