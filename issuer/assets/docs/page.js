// Shows /openapi.json. Everything becomes text, nothing markup.

const METHODS = ["get", "post", "put", "patch", "delete"];
const DEPTH = 6;
const byId = (id) => document.getElementById(id);

/** An element with attributes and children; what is a string becomes text. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

const quiet = (text) => make("span", { class: "quiet" }, text);

/** A text in which `code` stands between backticks. */
const prose = (text) => text.split("`").map((part, at) => (at % 2 === 1 ? make("code", {}, part) : part));

/** What a value with `$ref` stands for, with what stands beside the reference. */
function resolve(root, value) {
  // The schema `true`, which is met by anything.
  if (value === true) return {};
  if (typeof value?.$ref !== "string") return value ?? {};
  const { $ref, ...beside } = value;
  const target = $ref.slice(2).split("/")
    .reduce((at, part) => at?.[part.replaceAll("~1", "/").replaceAll("~0", "~")], root);
  return { ...target, ...beside };
}

/** The schemas that a schema offers, `null` apart. */
function choices(root, schema) {
  const several = schema.anyOf ?? schema.oneOf;
  return several ? several.map((one) => resolve(root, one)).filter((one) => one.type !== "null") : [schema];
}

/** The type of a schema in words. */
function kind(root, value, depth = 0) {
  const schema = resolve(root, value);
  if (depth > DEPTH) return "…";
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  const nullable = [].concat(schema.type ?? []).includes("null")
    || (schema.anyOf ?? schema.oneOf ?? []).some((one) => one.type === "null");
  const words = choices(root, schema).map((one) => {
    if (one !== schema) return kind(root, one, depth + 1);
    if (schema.type === "array") return `list of ${kind(root, schema.items, depth + 1)}`;
    return [].concat(schema.type ?? "anything").filter((type) => type !== "null").join(" | ");
  });
  return words.join(" | ") + (nullable ? " | null" : "");
}

/** Bounds of a schema in words. */
function bounds(schema) {
  const names = {
    format: "", minimum: "at least", maximum: "at most", minLength: "shortest", maxLength: "longest",
    minItems: "fewest", maxItems: "most", pattern: "pattern", default: "default",
  };
  const known = Object.entries(names).filter(([name]) => name in schema);
  return known.map(([name, word]) => `${word} ${schema[name]}`.trim()).join(", ");
}

/** One field with its type and what it means, and the fields below it. */
function field(root, name, value, required, depth) {
  const schema = resolve(root, value);
  const more = [required ? "" : "optional", bounds(schema)].filter(Boolean).join(", ");
  return make(
    "li", {},
    make("code", { class: "field" }, name), " ",
    make("code", {}, kind(root, schema)), more ? quiet(` ${more}`) : "",
    schema.description ? make("div", {}, ...prose(schema.description)) : "",
    fields(root, schema, depth + 1),
  );
}

/** The fields of a schema, or of its items. */
function fields(root, value, depth = 0) {
  const schema = resolve(root, value);
  if (depth > DEPTH) return null;
  if (schema.items) return fields(root, schema.items, depth);
  const lists = choices(root, schema).map((one) => {
    if (one !== schema) return fields(root, one, depth + 1);
    const members = Object.entries(schema.properties ?? {});
    if (members.length === 0) return null;
    const needed = new Set(schema.required);
    const items = members.map(([name, member]) => field(root, name, member, needed.has(name), depth));
    return make("ul", { class: "fields" }, ...items);
  }).filter(Boolean);
  return lists.length > 1 ? make("div", {}, ...lists) : lists[0] ?? null;
}

/** What a body holds, for each of its media types. */
const contents = (root, content) => Object.entries(content ?? {}).map(([type, { schema }]) =>
  make("div", {}, make("code", {}, type), " ", quiet(kind(root, schema ?? {})), fields(root, schema)));

/** One answer: a success with its body, a refusal with its codes. */
function answer(root, status, value) {
  const response = resolve(root, value);
  const headers = Object.keys(response.headers ?? {}).filter((name) => name !== "X-Request-Id");
  const { "application/problem+json": problem, ...content } = response.content ?? {};
  const codes = problem?.schema.properties?.code?.enum ?? [];
  return [
    make("dt", {}, `${status} ${response.description.split(":")[0]}`),
    make(
      "dd", {},
      ...contents(root, content),
      codes.length > 0 ? make("div", {}, ...codes.flatMap((code) => [make("code", {}, code), " "])) : "",
      headers.length > 0 ? quiet(`with ${headers.join(", ")}`) : "",
    ),
  ];
}

/** Who may call, in words. */
function callers(security) {
  if (!security?.length) return "anybody";
  return security.map((one) => Object.keys(one).join(" and ") || "nobody in particular").join(", or ");
}

function parameters(root, list) {
  const items = list.map((one) => field(
    root, one.name, { ...resolve(root, one.schema), description: one.description }, one.required, 0,
  ));
  return [make("h3", {}, "Parameters"), make("ul", { class: "fields" }, ...items)];
}

/** One operation, closed until somebody opens it. */
function operation(root, path, method, value) {
  const head = make(
    "summary", {},
    make("code", { class: "method" }, method.toUpperCase()), " ", make("code", { class: "path" }, path),
    make("span", { class: "what" }, value.summary ?? ""),
  );
  const inside = make("div", { class: "inside" });
  const details = make("details", { id: value.operationId, class: "operation" }, head, inside);
  const codes = Object.values(value.responses).flatMap((one) =>
    resolve(root, one).content?.["application/problem+json"]?.schema.properties?.code?.enum ?? []);
  details.search = [method, path, value.summary, ...codes].join(" ").toLowerCase();
  // Filled when it is opened: a page of everything at once is slow on a phone.
  details.addEventListener("toggle", () => {
    if (!details.open || inside.hasChildNodes()) return;
    inside.append(
      make("p", {}, quiet("Called by "), callers(value.security)),
      ...(value.parameters ? parameters(root, value.parameters) : []),
      ...(value.requestBody ? [make("h3", {}, "Body"), ...contents(root, value.requestBody.content)] : []),
      make("h3", {}, "Answers"),
      make("dl", {}, ...Object.entries(value.responses).flatMap(([status, one]) => answer(root, status, one))),
    );
  });
  return details;
}

/** Paragraphs and lists of a description. */
function about(text) {
  return text.split("\n\n").map((part) => (part.startsWith("- ")
    ? make("ul", {}, ...part.split("\n").map((line) => make("li", {}, ...prose(line.slice(2)))))
    : make("p", {}, ...prose(part))));
}

function family(root, { name, description }) {
  const operations = Object.entries(root.paths).flatMap(([path, item]) => METHODS
    .filter((method) => item[method]?.tags?.[0] === name)
    .map((method) => operation(root, path, method, item[method])));
  return make(
    "section", { "aria-labelledby": `family-${name}` },
    make("h2", { id: `family-${name}` }, name), make("p", { class: "quiet" }, description ?? ""), ...operations,
  );
}

function filter() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const section of document.querySelectorAll("main > section")) {
    let any = false;
    for (const details of section.querySelectorAll("details")) {
      details.hidden = !words.every((word) => details.search.includes(word));
      any ||= !details.hidden;
      shown += details.hidden ? 0 : 1;
    }
    section.hidden = !any;
  }
  byId("status").textContent = `${shown} operations`;
}

function openNamed() {
  const named = byId(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) named.open = true;
  named?.scrollIntoView();
}

async function start() {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`the issuer answers ${response.status}`);
  const root = await response.json();
  document.title = `${root.info.title}: API`;
  byId("title").textContent = root.info.title;
  byId("version").textContent = root.info.version;
  byId("about").append(...about(root.info.description ?? ""));
  byId("families").append(...root.tags.map(({ name }) => make("a", { href: `#family-${name}` }, name)));
  byId("operations").append(...root.tags.map((tag) => family(root, tag)));
  byId("filter").addEventListener("input", filter);
  addEventListener("hashchange", openNamed);
  filter();
  openNamed();
}

start()
  .catch((error) => { byId("status").textContent = `This API can't be shown: ${error.message}`; })
  .finally(() => { document.documentElement.dataset.ready = ""; });
