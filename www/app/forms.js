// What the forms share: reading fields, and showing a refusal at the field it is about.

import { sentence } from "./api.js";
import { el, fill, prose, whileBusy } from "./dom.js";

/** Runs `work(fields)` at each submission; a refusal is shown in the form. */
export function onSubmit(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clear(form);
    const empty = [...form.elements].find((input) => input.required && input.value.trim() === "");
    if (empty) return atField(empty, "This is needed.", true);
    return whileBusy(form, () => work(read(form)).catch((error) => show(form, error)));
  });
  form.addEventListener("input", (event) => clearField(event.target));
}

/** Shows a message where the form keeps it; nothing hides it. */
export function showMessage(place, message) {
  fill(place, ...prose(message ?? ""));
  place.hidden = !message;
}

/** Empties a form, and takes back what was said of it. */
export function empty(form) {
  form.reset();
  clear(form);
}

function read(form) {
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
}

function show(form, error) {
  let elsewhere = error.message;
  for (const { field, detail } of error.fields ?? []) {
    const input = form.elements.namedItem(String(field).replace(/\[\d+\]$/, ""));
    if (!input) continue;
    atField(input, sentence(detail), elsewhere !== "");
    elsewhere = "";
  }
  if (error.strength) showStrength(form.elements.namedItem("password"), error.strength);
  showMessage(form.querySelector(".form-error"), elsewhere);
}

function atField(input, message, focus) {
  const holder = input.closest(".field");
  const id = `${input.id}-error`;
  holder.querySelector(".field-error")?.remove();
  holder.append(el("p", { id, class: "field-error", role: "alert" }, prose(message)));
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", id);
  if (focus) input.focus();
}

/** zxcvbn's score, 0 to 4, as five marks, and its advice. */
function showStrength(input, { score, warning, suggestions }) {
  const words = ["guessed at once", "guessed very soon", "guessed soon", "hard to guess", "very hard to guess"];
  const marks = words.map((_, step) => el("i", { class: step <= score ? "on" : "" }));
  input?.closest(".field").append(el("div", { class: "strength" },
    el("p", {}, el("span", { class: "marks", "aria-hidden": "true" }, marks), words[score]),
    [warning, ...suggestions].filter(Boolean).map((advice) => el("p", {}, sentence(advice)))));
}

function clear(form) {
  showMessage(form.querySelector(".form-error"), "");
  [...form.elements].forEach(clearField);
}

function clearField(input) {
  const holder = input.closest?.(".field");
  if (!holder) return;
  holder.querySelectorAll(".field-error, .strength").forEach((node) => node.remove());
  input.removeAttribute("aria-invalid");
  input.removeAttribute("aria-describedby");
}
