// The report: one table for each operation, medians over rounds, ratios to the first row: ours on SQLite.

const MIB = 1024;

export function print({ machine, argon2, connections, rounds, seconds, operations, openssl, contenders, failures }) {
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; servers on one core, load on another, ${connections} connections,`);
  console.log(`medians of ${rounds} rounds of ${seconds} s; Argon2id with ${argon2.memory} KiB, ${argon2.passes} passes, ${argon2.lanes} lane`);
  console.log(`RSA 2048 signature by ${openssl.version}: ${openssl.sign.toFixed(3)} ms`);
  for (const [operation, title] of Object.entries(operations)) {
    const rows = contenders.filter(({ offers }) => offers[operation]).map((contender) => row(contender, operation));
    if (rows.some(Boolean)) table(title, rows.filter(Boolean), operation.endsWith("RS256") && openssl);
  }
  memory(contenders);
  for (const { contender, operation, message } of failures) console.log(`\nFAILED: ${contender}, ${operation}: ${message}`);
}

/** The medians of one contender at one operation. */
export function row({ name, meters, rounds }, operation) {
  const list = rounds[operation];
  if (!list) return undefined;
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

function table(title, rows, openssl) {
  const [ours] = rows;
  console.log(`\n${title.padEnd(32)} requests/s   x ours   CPU ms/op   x ours     p50 ms     p99 ms`);
  for (const { name, rate, cpu, parts, p50, p99 } of rows) {
    const cells = [
      rate.toFixed(0).padStart(10), (rate / ours.rate).toFixed(3).padStart(8),
      cpu.toFixed(3).padStart(11), (cpu / ours.cpu).toFixed(1).padStart(8),
      p50.toFixed(2).padStart(10), p99.toFixed(2).padStart(10),
    ];
    console.log(`  ${name.padEnd(30)} ${cells.join(" ")}${parts && `   (${parts})`}`);
  }
  if (openssl) console.log(`  ${"openssl, the signature alone".padEnd(30)} ${" ".repeat(19)} ${openssl.sign.toFixed(3).padStart(11)} ${(openssl.sign / ours.cpu).toFixed(2).padStart(8)}`);
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
