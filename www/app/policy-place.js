// Where in the text a compile error points to, so that the line can be marked. The compiler names
// line and column where the text is not JSON, and a path such as `policy.rules[2].require` otherwise.

const PIECES = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const PATH = /`policy((?:\.[\w$-]+|\[\d+\])+)`/;

/** The line, counted from 1, or null when the message names no place. */
export function lineOf(message, text) {
  const stated = /line (\d+)/.exec(message);
  if (stated) return Number(stated[1]);
  const path = PATH.exec(message);
  const offset = path ? offsetOf(path[1], text) : null;
  return offset === null ? null : text.slice(0, offset).split("\n").length;
}

/** Where the value at `path` begins, or the innermost one round it that exists. */
function offsetOf(path, text) {
  const open = [];
  let best = null;
  for (const { 0: piece, index } of text.matchAll(PIECES)) {
    const inner = open.at(-1);
    if (piece === "}" || piece === "]") open.pop();
    else if (piece === ",") inner?.next();
    else if (piece === ":") continue;
    else if (inner?.wantsName && piece.startsWith('"')) inner.name(piece);
    else {
      const here = open.map((each) => each.step()).join("");
      if (here !== "" && (path === here || path.startsWith(`${here}.`) || path.startsWith(`${here}[`))) best = index;
      if (piece === "{") open.push(objectFrame());
      if (piece === "[") open.push(arrayFrame());
    }
  }
  return best;
}

function objectFrame() {
  let name = "";
  return {
    wantsName: true,
    name(piece) {
      name = piece.slice(1, -1);
      this.wantsName = false;
    },
    next() { this.wantsName = true; },
    step: () => `.${name}`,
  };
}

function arrayFrame() {
  let index = 0;
  return { wantsName: false, next() { index += 1; }, step: () => `[${index}]` };
}
