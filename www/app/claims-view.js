// Header and claims as a person reads them.

import { decodeUnverified } from "../laika-verifier/index.js";
import { byId, el, fill } from "./dom.js";
import { distance, localTime } from "./format.js";

const headerMeaning = { alg: "how it is signed", kid: "which key signed it", typ: "what kind of token it is" };

const meaning = {
  iss: "issuer: who signed it",
  sub: "subject: who it speaks for",
  aud: "audience: who may accept it",
  exp: "expires",
  iat: "issued",
  nbf: "not valid before",
  auth_time: "last proof of who it is",
  jti: "name of this one token",
  sid: "session it came from",
  client_id: "client that asked",
  type: "main or micro",
  anonymous: "holder without an account",
  level: "strongest role's level, lower is stronger",
  permissions: "what the holder's roles allow here",
  scope: "the same, for standard consumers",
  amr: "how it was proved",
  acr: "how strongly it was proved",
  status: "where its revocation is published",
};
const times = new Set(["exp", "iat", "nbf", "auth_time"]);
const lists = new Set(["aud", "roles", "permissions", "amr"]);

/** Shows a token: what was proved when `verified` is given, otherwise what it merely claims. */
export function showClaims(text, verified) {
  const { header, claims } = verified ?? decodeUnverified(text);
  fill(byId("header-claims"), ...rows(header, headerMeaning));
  fill(byId("payload-claims"), ...rows(claims, meaning));
  byId("claims-json").textContent = JSON.stringify(claims, null, 2);
}

function rows(object, meanings) {
  return Object.entries(object).flatMap(([name, value]) => [
    el("dt", {}, el("code", {}, name), Object.hasOwn(meanings, name) ? el("span", {}, meanings[name]) : null),
    el("dd", {}, readable(name, value)),
  ]);
}

function readable(name, value) {
  if (times.has(name) && typeof value === "number") {
    const date = new Date(value * 1000);
    return [localTime(date), el("span", { class: "quiet" }, ` ${distance(date)}`)];
  }
  if (lists.has(name) && Array.isArray(value)) {
    return value.length === 0 ? none() : chips(value);
  }
  if (value === "") return none();
  return el("span", { class: "mono wrap" }, typeof value === "string" ? value : JSON.stringify(value));
}

const none = () => el("span", { class: "quiet" }, "none");

/** A list as chips. */
export function chips(values, kind = "") {
  return el("ul", { class: `chips ${kind}` }, values.map((value) =>
    el("li", { class: "mono" }, typeof value === "string" ? value : JSON.stringify(value))));
}
