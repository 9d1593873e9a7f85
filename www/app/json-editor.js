// A plain textarea with line numbers and coloured JSON painted under it. The textarea stays what
// it is: selection, undo, spell-out by screen readers and Tab to leave it all work.

const TOO_LONG_TO_PAINT = 50_000;
const TOKEN = /("(?:[^"\\\n]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)/g;

/** Opens the editor in `root` (gutter, paint, textarea). `onEdit` runs after each change by hand. */
export function openEditor(root, onEdit) {
  const area = root.querySelector("textarea");
  const [gutter, paint] = [root.querySelector(".gutter"), root.querySelector(".paint")];
  let marked = null;

  const follow = () => {
    gutter.scrollTop = area.scrollTop;
    paint.scrollTop = area.scrollTop;
    paint.scrollLeft = area.scrollLeft;
  };
  const draw = () => {
    const lines = area.value.split("\n");
    gutter.replaceChildren(...lines.map((_, index) => lineNumber(index + 1, marked)));
    paint.replaceChildren(...coloured(area.value), "\n");
    follow();
  };
  area.addEventListener("scroll", follow);
  area.addEventListener("input", () => {
    draw();
    onEdit();
  });

  return {
    get text() { return area.value; },
    set text(text) {
      area.value = text;
      draw();
    },
    /** Says whether the text is good, and marks a line, counted from 1, where it is not. */
    judge(good, line = null) {
      marked = line;
      area.setAttribute("aria-invalid", String(!good));
      draw();
    },
  };
}

function lineNumber(number, marked) {
  const node = document.createElement("span");
  node.textContent = String(number);
  if (number === marked) node.className = "marked";
  return node;
}

function* coloured(text) {
  if (text.length > TOO_LONG_TO_PAINT) return yield text;
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [, string, colon, number] = match;
    yield text.slice(at, match.index);
    const piece = document.createElement("span");
    piece.className = string ? (colon ? "name" : "string") : number ? "number" : "word";
    piece.textContent = string ?? match[0];
    yield piece;
    if (colon) yield colon;
    at = match.index + match[0].length;
  }
  yield text.slice(at);
}
