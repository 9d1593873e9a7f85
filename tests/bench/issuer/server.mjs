// A server under measurement: started on a core of its own, watched through `/proc`, and ended.

import { execFileSync, spawn } from "node:child_process";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const START_LIMIT = 30_000;
const STOP_LIMIT = 10_000;
const TICKS_PER_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

export class Server {
  /** Starts `command` and waits until its probe is answered well; `coldStart` is how long that took, in ms. */
  static async start({ name, command, args, env, cwd, probe, ipc, log }, core) {
    const output = openSync(log, "a");
    const stdio = ["ignore", output, output, ...(ipc ? ["ipc"] : [])];
    const begin = performance.now();
    const child = spawn("taskset", ["-c", String(core), command, ...args], { cwd, stdio, env: { ...clean(process.env), ...env } });
    const server = new Server(name, child, log);
    try {
      while (!(await answers(probe))) {
        if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
        if (performance.now() - begin > START_LIMIT) throw new Error(`${name} does not answer`);
        await sleep(1);
      }
    } catch (error) {
      await server.stop();
      throw new Error(`${error.message}; it said:\n${readFileSync(log, "utf8").slice(-2000)}`);
    }
    server.coldStart = performance.now() - begin;
    return server;
  }

  constructor(name, child, log) {
    Object.assign(this, { name, child, log });
  }

  /** CPU time of the process and all below it, in ms. */
  cpu() {
    return cpuOf(this.child.pid);
  }

  /** Resident memory of the process and all below it, in KiB. */
  memory() {
    return tree(this.child.pid).reduce((sum, pid) => sum + resident(pid), 0);
  }

  /** Asks a child that speaks to its parent. */
  ask(message) {
    return new Promise((resolve, reject) => {
      this.child.once("message", resolve);
      this.child.send(message, (error) => error && reject(error));
    });
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    const insist = setTimeout(() => this.child.kill("SIGKILL"), STOP_LIMIT);
    await ended;
    clearTimeout(insist);
  }
}

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** CPU time of a process and all below it, those that have ended included, in ms. */
export function cpuOf(root) {
  const ticks = tree(root).reduce((sum, pid) => sum + ticksOf(pid), 0);
  return (ticks * 1000) / TICKS_PER_SECOND;
}

/** The settings of whoever runs this are not those of a server: they may lead to a database of theirs. */
export function clean(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(LAIKA_|NODE_OPTIONS$|GUNICORN_)/.test(name)));
}

/** Whether a request is answered with 2xx. */
function answers({ url, method = "GET" }) {
  return new Promise((resolve) => {
    const asked = request(url, { method, agent: false }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode >= 200 && answer.statusCode < 300));
    });
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

function tree(root) {
  const parents = new Map();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) && fields(name);
    if (stat) parents.set(Number(name), Number(stat[1]));
  }
  const found = [root];
  for (let next = 0; next < found.length; next++) {
    for (const [pid, parent] of parents) if (parent === found[next]) found.push(pid);
  }
  return found;
}

/** `/proc/PID/stat` from its third field on, which comes after a name that may hold anything. */
function fields(pid) {
  const text = readOr(`/proc/${pid}/stat`);
  return text && text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** `utime`, `stime` and those of children that ended: fields 14 to 17. */
function ticksOf(pid) {
  const stat = fields(pid);
  return stat ? stat.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) : 0;
}

function resident(pid) {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(readOr(`/proc/${pid}/status`) ?? "");
  return found ? Number(found[1]) : 0;
}

/** A file's text; `undefined` where its process has ended in the meantime. */
function readOr(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
