// A list of the console: a table that is read a page at a time.

import { button, el, fill, whileBusy } from "./dom.js";
import { showMessage } from "./forms.js";

/**
 * Shows a list in `place`. `read(query)` asks for a page, `row(item)` makes the cells of an item, of
 * which the first is the head of its row. Answers with `read(query)`, which begins anew (without a
 * query, with the last one), and `forget()`.
 */
export function list(place, { caption, columns, none, read, row }) {
  const body = el("tbody");
  const error = el("p", { class: "form-error", role: "alert", hidden: true });
  const state = el("p", { class: "quiet", role: "status" });
  const more = button("More", { hidden: true }, () => whileBusy(more, page));
  let query = {};
  let cursor = null;
  // What was asked for before something else was.
  let turn = 0;

  fill(place,
    el("div", { class: "table-scroll", role: "region", "aria-label": caption, tabindex: "0" },
      el("table", {},
        el("caption", { class: "unseen" }, caption),
        el("thead", {}, el("tr", {}, columns.map((name) => el("th", { scope: "col" }, name)))),
        body)),
    state, error, more);

  async function page() {
    const mine = ++turn;
    showMessage(error, "");
    try {
      const { items, next_cursor: next } = await read({ ...query, cursor });
      if (mine !== turn) return;
      if (cursor === null) fill(body);
      body.append(...items.map((item) => el("tr", {}, row(item).map(cell))));
      cursor = next;
      more.hidden = cursor === null;
      state.textContent = body.rows.length === 0 ? none : "";
    } catch (problem) {
      if (mine === turn) showMessage(error, problem.message);
    }
  }

  return {
    read(narrowed = query) {
      query = narrowed;
      cursor = null;
      return page();
    },
    forget() {
      turn += 1;
      query = {};
      fill(body);
      more.hidden = true;
    },
  };
}

function cell(content, index) {
  return index === 0 ? el("th", { scope: "row" }, content) : el("td", {}, content);
}
