// The token itself, in the colours of its three parts.

import { byId, el, fill } from "./dom.js";

/** The three parts in three colours; `flipped` marks one character. */
export function showText(text, flipped = -1) {
  let at = 0;
  const parts = text.split(".").flatMap((part, index) => {
    const node = el("span", { class: ["header", "payload", "signature"][index] });
    const mark = flipped - at;
    if (mark >= 0 && mark < part.length) {
      node.append(part.slice(0, mark), el("mark", {}, part[mark]), part.slice(mark + 1));
    } else {
      node.append(part);
    }
    at += part.length + 1;
    return index === 0 ? [node] : [el("span", { class: "dot" }, "."), node];
  });
  const box = byId("token-text");
  fill(box, ...parts);
  // Only the box scrolls to the mark, never the page under the reader.
  box.scrollTop = (box.querySelector("mark")?.offsetTop ?? 0) - box.clientHeight / 2;
}
