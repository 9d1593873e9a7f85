// The few things the page needs from the document. Text only ever goes in as text nodes, so no
// name, claim or message can become markup.

/** The element with this id; a missing one is a fault of the page, so it throws. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element with id ${id}`);
  return found;
}

/** Makes an element. Children are nodes or text; absent ones (null, undefined, false) are left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...present(children));
  return node;
}

/** Puts these children in place of all that was there. */
export function fill(parent, ...children) {
  parent.replaceChildren(...present(children));
}

/** A message as nodes: what it quotes in backticks is shown as code. */
export function prose(message) {
  return message.split("`").map((piece, index) => (index % 2 === 1 ? el("code", {}, piece) : piece));
}

/** Says what was done to whoever does not see it. */
export function say(text) {
  fill(byId("said"), text);
}

/** A button that runs `action`. */
export function button(label, attributes, action) {
  const node = el("button", { type: "button", ...attributes }, label);
  node.addEventListener("click", action);
  return node;
}

/** Whether `whileBusy` runs for this node. */
export const isBusy = (node) => node.getAttribute("aria-busy") === "true";

/** Keeps the buttons of a form from being pressed twice while `work` runs. */
export async function whileBusy(node, work) {
  if (isBusy(node)) return;
  const buttons = [...node.querySelectorAll("button"), node].filter((each) => "disabled" in each);
  const before = buttons.map((each) => each.disabled);
  const focused = document.activeElement;
  node.setAttribute("aria-busy", "true");
  buttons.forEach((each) => { each.disabled = true; });
  try {
    return await work();
  } finally {
    node.removeAttribute("aria-busy");
    buttons.forEach((each, index) => { each.disabled = before[index]; });
    // A button that is disabled loses the focus.
    if (document.activeElement === document.body) focused?.focus({ preventScroll: true });
  }
}

function present(children) {
  return children.flat().filter((child) => child !== null && child !== undefined && child !== false);
}
