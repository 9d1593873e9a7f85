// The tables of `docs/performance.md`, from what `--json` wrote. Argument: that file. What misses its
// goal, or is behind whatever else there is in a runtime, is bold.

import { readFileSync } from "node:fs";

const { date, commit, machine, rounds, runtimes } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const OURS = "laika-verifier";
const JOSE = ["jose", "jose, 16 in flight"];
const NEW = ["RS256", "ES256", "EdDSA", "HS256"];
const [NODES, OTHERS] = [["Node 20", "Node 24"], ["Deno", "Bun", "workerd", "Chromium"]].map((names) => names.map(runtime));

/** Rows that stand in both tables. */
const [DECISION, FIRST] = ["policy of 10 rules, verified token", "start: compiled module to the first verified token"];
const timesFaster = (of) => ({ value: 1 / ratio(DECISION, "cedar-wasm, pre-parsed")(of).value });

console.log(`${date}, commit ${commit}: ${machine.processor}, ${machine.cores} cores; medians of ${rounds} rounds.\n`);
table(["", "goal", ...NODES.map(({ runtime }) => runtime)], [
  goal("RS256, new tokens, to `fast-jwt`", "1.7 (Node 20), 1.3 (Node 24)", ratio("RS256, new tokens", "fast-jwt"), atMost(1.7, 1.3)),
  goal("RS256 to `jose` with 16 in flight", "1.0", ratio("RS256, new tokens", JOSE[1]), atMost(1)),
  goal("ES256, new tokens, to `fast-jwt`", "1.3", ratio("ES256, new tokens", "fast-jwt"), atMost(1.3)),
  goal("EdDSA, likewise", "0.8", ratio("EdDSA, new tokens", "fast-jwt"), atMost(0.8)),
  goal("HS256, likewise", "1.0", ratio("HS256, new tokens", "fast-jwt"), atMost(1)),
  ...NEW.map((alg, index) => goal(
    index === 0 ? `the same tokens again, to \`fast-jwt\` with its cache: ${alg}` : `likewise ${alg}`, "0.35",
    ratio(`${alg}, the same 50 tokens again`, "fast-jwt with its cache"), atMost(0.35),
  )),
  goal("a decision of ten rules", "1 µs", ours(DECISION), atMost(1), spread("µs")),
  goal("to `cedar-wasm`, times faster", "80", timesFaster, (value) => value >= 80, whole),
  goal("10,000 rules to 10", "1.3", ratio("policy of 10000 rules and of 10, spread over all rules", "10 rules"), atMost(1.3)),
  goal("compiled module to the first verified token", "5 ms", ours(FIRST), atMost(5), spread("ms")),
  goal("the module's bytes to the compiled module", "", ours("start: the module's bytes to the compiled module"), () => true, spread("ms")),
  goal("memory of the module, ten keys", "2,048 KiB", ours("wasm memory with 10 keys and 3600 tokens through the default cache"), atMost(2048), ({ value }) => `${value} KiB`),
]);
console.log();
const beside = (alg, label, whos) => [
  label, ...OTHERS.map((of) => {
    const { figures, failed } = row(of, `${alg}, new tokens`);
    const found = whos.map((who) => figures[who]?.ratio).filter((value) => value !== undefined);
    if (found.length === 0) return whos.some((who) => /import/.test(failed[who] ?? "")) ? "does not load" : "fails";
    return marked(Math.max(...found).toFixed(2), Math.max(...found) <= 1);
  }),
];
table(["new tokens", ...OTHERS.map(({ runtime }) => runtime)], [
  ...NEW.flatMap((alg) => {
    const took = OTHERS.map((of) => row(of, `${alg}, new tokens`).figures[OURS].median.toFixed(0));
    return [
      beside(alg, `${alg} (${took.join(", ")}): \`jose\``, JOSE),
      beside(alg, "`fast-jwt`", ["fast-jwt"]),
      ...(alg === "EdDSA" ? [] : [beside(alg, "`jsonwebtoken`", ["jsonwebtoken"])]),
    ];
  }),
  ["a decision, µs", ...OTHERS.map((of) => ours(DECISION)(of).value.toFixed(1))],
  ["the same, times faster than `cedar-wasm`", ...OTHERS.map(timesFaster).map(whole)],
  ["compiled module to the first verified token", ...OTHERS.map(ours(FIRST)).map(spread("ms"))],
]);

function table(head, rows) {
  for (const cells of [head, head.map(() => "---"), ...rows]) console.log(`| ${cells.join(" | ")} |`);
}

function runtime(name) {
  const found = runtimes.find((one) => one.runtime.startsWith(`${name}.`) || one.runtime.startsWith(`${name} `));
  if (!found) throw new Error(`${name} was not measured`);
  return found;
}

function row({ runtime, rows }, name) {
  const found = rows.find((one) => one.name === name);
  if (!found) throw new Error(`${runtime} has no row "${name}"`);
  return found;
}

function ratio(name, who) {
  return (of) => ({ value: row(of, name).figures[who].ratio });
}

function ours(name) {
  return (of) => {
    const { median, least } = Object.values(row(of, name).figures)[0];
    return { value: median, least };
  };
}

/** A line of the first table; `reached` tells by the value, and the runtime's place, whether the goal was. */
function goal(label, said, measured, reached, shown = ({ value }) => value.toFixed(2)) {
  return [label, said, ...NODES.map(measured).map((found, index) => marked(shown(found), reached(found.value, index)))];
}

/** A goal for each runtime, or one for all. */
function atMost(...most) {
  return (value, index) => value <= (most[index] ?? most[0]);
}

function marked(text, good) {
  return good ? text : `**${text}**`;
}

function whole({ value }) {
  return value.toFixed(0);
}

function spread(unit) {
  return ({ value, least }) => `${value.toFixed(1)} ${unit}, fastest ${least.toFixed(1)}`;
}
