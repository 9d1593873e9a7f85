// A decision, in full and in brief.

import { chips } from "./claims-view.js";
import { el } from "./dom.js";

/** All of it: status, rule, what was missing, the challenge. */
export function decisionCard(decision) {
  if (!decision) return el("p", { class: "quiet" }, "No decision: the policy does not compile.");
  const facts = [
    fact("code", decision.code && el("code", {}, decision.code)),
    fact("rule", decision.rule ? el("code", {}, decision.rule) : el("span", { class: "quiet" }, "none matched")),
    fact("missing", decision.missing?.length > 0 && chips(decision.missing, "missing")),
    fact("who", decision.token && el("span", { class: "mono wrap" }, decision.token.claims.username ?? decision.token.subject)),
    fact("answered with", decision.challenge && el("span", { class: "mono wrap" }, `WWW-Authenticate: ${decision.challenge}`)),
  ];
  return el("div", { class: "decision-card", "data-verdict": decision.allowed ? "good" : "bad" },
    el("p", { class: "verdict-text" }, decision.allowed ? "Allowed " : "Denied ", el("span", { class: "status" }, String(decision.status))),
    el("dl", { class: "facts" }, facts.flat()));
}

/** In one line, for a table. */
export function verdict(decision) {
  if (!decision) return el("span", { class: "quiet" }, "–");
  return el("span", { class: "brief", "data-verdict": decision.allowed ? "good" : "bad" },
    el("b", {}, decision.allowed ? "allow" : "deny"), ` ${decision.status}`,
    decision.rule ? el("span", { class: "quiet mono" }, decision.rule) : null);
}

const fact = (name, value) => (value ? [el("dt", {}, name), el("dd", {}, value)] : []);
