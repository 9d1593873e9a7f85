// The list of requests at the foot of the page.

import { byId, el, fill } from "./dom.js";
import { clockTime, duration } from "./format.js";
import { onCalls } from "./wire.js";

const SHOWN = 50;

export function showWire() {
  const body = byId("calls").tBodies[0];
  onCalls((calls) => {
    byId("wire-count").textContent = String(calls.length);
    fill(body, ...calls.slice(-SHOWN).reverse().map(row));
  });
}

function row({ method, path, status, milliseconds, at }) {
  return el("tr", {},
    el("td", { class: "tabular" }, clockTime(at)),
    el("td", { class: "mono" }, `${method} ${path}`),
    el("td", { class: status >= 200 && status < 400 ? "good" : "bad" }, status === 0 ? "no answer" : String(status)),
    el("td", { class: "number tabular" }, duration(milliseconds)));
}
