// Tabs: `tab-NAME` opens `panel-NAME`, by mouse or by the arrow keys.

import { byId } from "./dom.js";

/** Wires the tabs of these names; answers with what opens one, which then calls `opened(name)`. */
export function tabs(names, opened = () => {}) {
  const choose = (name) => {
    for (const each of names) {
      const chosen = each === name;
      byId(`panel-${each}`).hidden = !chosen;
      byId(`tab-${each}`).setAttribute("aria-selected", String(chosen));
      byId(`tab-${each}`).tabIndex = chosen ? 0 : -1;
    }
    opened(name);
  };
  names.forEach((name, index) => {
    byId(`tab-${name}`).addEventListener("click", () => choose(name));
    byId(`tab-${name}`).addEventListener("keydown", ({ key }) => {
      const step = { ArrowLeft: names.length - 1, ArrowRight: 1 }[key];
      if (step === undefined) return;
      const next = names[(index + step) % names.length];
      choose(next);
      byId(`tab-${next}`).focus();
    });
  });
  return choose;
}
