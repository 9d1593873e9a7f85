// Reads the built declarations: which symbols an entry exports, what is written about them, and the
// examples in it.
import { readFileSync } from "node:fs";

const dist = new URL("../dist/", import.meta.url);

/**
 * What is exported by the declarations at `path` below `dist/`, with the members of classes and of
 * interfaces that have methods: `{ file, name, kind, comment, examples }`, the comment empty where none is.
 */
export function symbolsOf(path) {
  const text = readFileSync(new URL(path, dist), "utf8");
  const own = declarationsIn(text).map((symbol) => ({ ...symbol, file: path }));
  const reexported = [...text.matchAll(/^export (?:type )?(\*|\{[^}]*\}) from "([^"]+)\.js";/gm)].flatMap(([, names, from]) => {
    const others = symbolsOf(new URL(`${from}.d.ts`, new URL(path, dist)).href.slice(dist.href.length));
    if (names === "*") return others;
    return names.match(/\w+/g).filter((name) => name !== "type").flatMap((wanted) => {
      const found = others.filter(({ name }) => name.split(/[.[]/)[0] === wanted);
      if (found.length === 0) throw new Error(`${path}: no declaration of \`${wanted}\` was found`);
      return found;
    });
  });
  return [...own, ...reexported];
}

/** Every fenced block of JavaScript or TypeScript in a Markdown text. */
export function blocksIn(markdown) {
  return [...markdown.matchAll(/^```(?:js|ts|javascript|typescript)\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
}

/** What an example says that it prints: the comment behind each `console.log`. */
export function printedBy(code) {
  return [...code.matchAll(/console\.log\(.*\);? +\/\/ (.*)$/gm)].map(([, text]) => text);
}

const COMMENT = /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*)?/.source;
const DECLARATION = new RegExp(`^${COMMENT}export (?:declare )?(function|class|interface|type|const) (\\w+)`, "gm");
const METHOD = new RegExp(`^    ${COMMENT}(\\[[\\w.]+\\]|(?!constructor)\\w+)(?:<[^>]*>)?\\(`, "gm");

function declarationsIn(text) {
  const symbols = [];
  for (const match of text.matchAll(DECLARATION)) {
    const [, comment, kind, name] = match;
    // What is said of a function is said at the first of its overloads.
    if (symbols.some((symbol) => symbol.name === name)) continue;
    symbols.push({ ...documented(name, comment), kind });
    if (kind !== "class" && kind !== "interface") continue;
    const body = text.slice(match.index, text.indexOf("\n}", match.index));
    for (const [, comment, method] of body.matchAll(METHOD)) {
      symbols.push({ ...documented(method.startsWith("[") ? `${name}${method}` : `${name}.${method}`, comment), kind: "method" });
    }
  }
  return symbols;
}

function documented(name, comment = "") {
  const text = comment.replaceAll(/^\s*\* ?/gm, "");
  const [, ...tagged] = text.split(/^@example\b/m);
  const examples = tagged.map((part) => blocksIn(part.split(/^@\w/m)[0]).join("\n"));
  return { name, comment: text.trim(), examples };
}

/** How the compiler reads examples: strictly. */
export const SETTINGS = {
  compilerOptions: {
    target: "es2022",
    module: "nodenext",
    lib: ["es2022", "dom", "esnext.disposable"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  },
  include: ["*.mts", "*.d.ts"],
};
