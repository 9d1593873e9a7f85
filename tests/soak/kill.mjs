// An issuer killed under load, again and again: what it acknowledged is still there afterwards,
// and what it did not acknowledge is there whole or not at all.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { clean } from "../bench/issuer/server.mjs";
import { randomFrom } from "./token.mjs";

const seconds = Number(process.argv[2]);
const binary = process.argv[3];
const seed = Date.now() % 2 ** 32;
const random = randomFrom(seed);
const CLIENTS = 4;
const PASSWORD = "seven muddy paws on the moon";

const data = mkdtempSync(join(tmpdir(), "laika-kill-"));
const total = { kills: 0, acknowledged: 0, unanswered: 0, found: 0 };
let issuer;
try {
  let last = { acknowledged: [], unanswered: [] };
  let number = 0;
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    issuer = await start();
    await inspect(issuer.url, last);
    last = { acknowledged: [], unanswered: [] };
    const clients = Array.from({ length: CLIENTS }, () => register(issuer.url, () => `soak${++number}`, last));
    await sleep(500 + random(2_500));
    issuer.process.kill("SIGKILL");
    total.kills++;
    await Promise.all([once(issuer.process, "exit"), ...clients]);
    total.acknowledged += last.acknowledged.length;
    total.unanswered += last.unanswered.length;
  }
  issuer = await start();
  await inspect(issuer.url, last);
} finally {
  issuer?.process.kill("SIGKILL");
  rmSync(data, { recursive: true, force: true });
}
console.log(JSON.stringify({
  what: "issuer killed under load (SQLite)",
  result: `${total.kills} kills (seed ${seed}); ${total.acknowledged} acknowledged accounts and sessions, all there; `
    + `${total.unanswered} unanswered, ${total.found} of them there whole, the others free to register again`,
  ok: total.kills > 0 && total.acknowledged > 0,
}));

async function start() {
  const child = spawn(binary, ["serve"], {
    // The port changes with every start, the issuer's name in its tokens must not.
    env: { ...clean(process.env), LAIKA_DATA_DIR: data, LAIKA_LISTEN: "127.0.0.1:0", LAIKA_PUBLIC_URL: "http://127.0.0.1:1", LAIKA_LIMITS_REGISTRATION: "off", LAIKA_LIMITS_LOGIN_ADDRESS: "off" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk) => { log = (log + chunk).slice(-10_000); });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("ready ")) return { process: child, url: line.slice("ready ".length) };
  }
  throw new Error(`the issuer did not start after ${total.kills} kills (seed ${seed}):\n${log}`);
}

/** Registers accounts one after the other until the issuer is gone. */
async function register(url, nextName, seen) {
  for (;;) {
    const username = nextName();
    let answer;
    try {
      answer = await call(url, "POST", "/v1/users", { body: account(username) });
    } catch {
      seen.unanswered.push(username);
      return;
    }
    if (answer.status !== 201) throw new Error(`registration answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    seen.acknowledged.push({ username, mainToken: answer.body.main_token });
  }
}

async function inspect(url, { acknowledged, unanswered }) {
  for (const { username, mainToken } of acknowledged) {
    await expect(201, url, "POST", "/v1/sessions", { body: login(username) });
    await expect(200, url, "GET", "/v1/me", { token: mainToken });
  }
  for (const username of unanswered) {
    const { status } = await call(url, "POST", "/v1/sessions", { body: login(username) });
    if (status === 201) total.found++;
    else await expect(201, url, "POST", "/v1/users", { body: account(username) });
  }
}

async function expect(status, url, method, path, request) {
  const answer = await call(url, method, path, request);
  if (answer.status !== status) {
    throw new Error(`seed ${seed}, after ${total.kills} kills: ${method} ${path} for ${JSON.stringify(request)} `
      + `answered ${answer.status} ${JSON.stringify(answer.body)}`);
  }
}

async function call(url, method, path, { body, token }) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(20_000) });
  return { status: answer.status, body: await answer.json() };
}

function account(username) {
  return { username, email: `${username}@example.com`, password: PASSWORD };
}

function login(username) {
  return { login: username, password: PASSWORD };
}
