// The report: one table for each operation, medians over rounds, ratios to ours on SQLite.

const MIB = 1024;
const OURS = "Laika, SQLite";

export function print({ machine, argon2, connections, rounds, seconds, operations, openssl, contenders, failures }) {
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; servers on one core, load on another, ${connections} connections,`);
  console.log(`medians of ${rounds} rounds of ${seconds} s; Argon2id with ${argon2.memory} KiB, ${argon2.passes} passes, ${argon2.lanes} lane`);
  console.log(openssl.version);
  for (const [operation, title] of Object.entries(operations)) {
    const rows = contenders.filter(({ offers }) => offers[operation]).map((contender) => row(contender, operation));
    if (rows.length > 0) table(title, rows);
    if (operation === "micro RS256") signature(openssl, contenders, operation);
  }
  memory(contenders);
  for (const { contender, operation, message } of failures) console.log(`\nFAILED: ${contender}, ${operation}: ${message}`);
}

/** The medians of one contender at one operation; only its name where it failed. */
export function row({ name, meters, rounds }, operation) {
  const list = rounds[operation];
  if (!list) return { name };
  const middle = (value) => median(list.map(value));
  const parts = meters.map((_, index) => middle(({ cpu }) => cpu[index]));
  return {
    name,
    rate: middle(({ rate }) => rate),
    cpu: middle(({ cpu }) => cpu.reduce((sum, part) => sum + part, 0)),
    parts: parts.length > 1 ? meters.map((meter, index) => `${meter} ${parts[index].toFixed(3)}`).join(", ") : "",
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
  };
}

function table(title, rows) {
  const ours = rows.find(({ name }) => name === OURS) ?? {};
  const times = (value, of, digits) => (of === undefined ? "-" : (value / of).toFixed(digits)).padStart(8);
  console.log(`\n${title.padEnd(32)} requests/s   x ours   CPU ms/op   x ours     p50 ms     p99 ms`);
  for (const { name, rate, cpu, parts, p50, p99 } of rows) {
    const cells = rate === undefined ? ["    FAILED, see below"] : [
      rate.toFixed(0).padStart(10), times(rate, ours.rate, 3),
      cpu.toFixed(3).padStart(11), times(cpu, ours.cpu, 1),
      p50.toFixed(2).padStart(10), p99.toFixed(2).padStart(10),
      ...(parts ? [`  (${parts})`] : []),
    ];
    console.log(`  ${name.padEnd(30)} ${cells.join(" ")}`);
  }
}

/** OpenSSL's signature beside the CPU time of one of our tokens, round by round; `undefined` where ours failed. */
export function besideSignature(openssl, contenders, operation) {
  const ours = contenders.find(({ name }) => name === OURS)?.rounds[operation];
  if (!ours) return undefined;
  const ratios = ours.map(({ cpu }, round) => cpu.reduce((sum, part) => sum + part, 0) / openssl.sign[round]);
  return { sign: median(openssl.sign), ratio: median(ratios) };
}

function signature(openssl, contenders, operation) {
  const found = besideSignature(openssl, contenders, operation);
  if (!found) return;
  const { sign, ratio } = found;
  console.log(`  ${"openssl, the signature alone".padEnd(30)} ${" ".repeat(19)} ${sign.toFixed(3).padStart(11)}   (ours takes ${ratio.toFixed(2)} times as long, median of the rounds)`);
}

function memory(contenders) {
  console.log(`\n${"memory and start".padEnd(32)}   idle MiB  after load MiB   cold start ms`);
  for (const { name, memory: { idle, loaded }, coldStart } of contenders) {
    console.log(`  ${name.padEnd(30)} ${(idle / MIB).toFixed(1).padStart(10)} ${(loaded / MIB).toFixed(1).padStart(15)} ${median(coldStart).toFixed(0).padStart(15)}`);
  }
}

export function median(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}
