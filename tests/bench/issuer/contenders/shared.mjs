// What contenders share: the accounts, the cost of a password, and looking into answers.

import { randomBytes } from "node:crypto";

/** Argon2id as OWASP says: memory in KiB. Everybody who has log-ins hashes with it. */
export const ARGON2 = { memory: 19 * 1024, passes: 2, lanes: 1 };

/** Who logs in: several, so that no single row is hot. */
export const ACCOUNTS = Array.from({ length: 16 }, (_, number) => ({
  username: `dog${String(number).padStart(2, "0")}`,
  email: `dog${String(number).padStart(2, "0")}@example.com`,
  password: randomBytes(18).toString("base64url"),
}));

const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };

export function get(path, headers = {}) {
  return { method: "GET", path, headers };
}

export function post(path, body, headers = {}) {
  return { method: "POST", path, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) };
}

export function form(path, fields, headers = {}) {
  return { method: "POST", path, headers: { ...FORM_TYPE, ...headers }, body: String(new URLSearchParams(fields)) };
}

export function basic(name, secret) {
  return { authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}` };
}

/** Sends one request, and throws unless the answer is 2xx. */
export async function send(url, { method, path, headers, body }) {
  const answer = await fetch(url + path, { method, headers, body, redirect: "manual" });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 300)}`);
  return { headers: answer.headers, body: JSON.parse(text) };
}

/** Throws unless `token` is a JWT of that algorithm that lives, with the permissions all contenders write. */
export function checkToken(token, alg) {
  const [header, claims] = String(token).split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
  expect(header.alg === alg, `a token signed with ${header.alg}, not ${alg}`);
  expect(claims.exp * 1000 > Date.now(), "a token that has expired");
  expect(claims.permissions?.length === 2, "a token without its permissions");
}

export function expect(holds, fault) {
  if (!holds) throw new Error(`the answer is wrong: ${fault}`);
}
