// One stretch of load: `wrk` on a core of its own, and the CPU time the server spent meanwhile.

import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("wrk.lua", import.meta.url));

/** How many requests are under way at any moment. */
export const CONNECTIONS = 8;

/**
 * Loads `url` with requests for so many seconds. `meters` are functions that answer with CPU time in
 * ms. Answers with requests per second, CPU time per request by meter, p50 and p99, times in ms.
 */
export async function load({ wrk, core, folder, url, list, seconds, meters }) {
  const file = join(folder, "requests.lua");
  writeFileSync(file, `return ${lua(list)}\n`);
  const before = meters.map((meter) => meter());
  const outcome = await run("taskset", ["-c", String(core), wrk, "-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "--timeout", "10s", "-s", SCRIPT, url, "--", file]);
  const cpu = meters.map((meter, index) => meter() - before[index]);
  const { requests, micros, p50, p99, refused, broken } = outcome;
  if (refused > 0 || broken > 0 || requests === 0) {
    throw new Error(`of ${requests} requests ${refused} were refused and ${broken} broken`);
  }
  return {
    rate: requests / (micros / 1e6),
    cpu: cpu.map((spent) => spent / requests),
    p50: p50 / 1000,
    p99: p99 / 1000,
  };
}

function run(program, args) {
  return new Promise((resolve, reject) => {
    execFile(program, args, (error, out, said) => {
      const found = /^OUTCOME (.*)$/m.exec(out);
      if (error || !found) reject(new Error(`wrk failed: ${error?.message ?? ""} ${out} ${said}`));
      else resolve(JSON.parse(found[1]));
    });
  });
}

/** A value as Lua writes it. What JSON and Lua quote differently does not occur. */
function lua(value) {
  if (Array.isArray(value)) return `{${value.map(lua).join(",")}}`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `[${JSON.stringify(name)}]=${lua(field)}`).join(",")}}`;
}
