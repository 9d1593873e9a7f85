// What administrators may ask of the issuer (docs/contract/issuer.md, "Roles, permissions, services:
// administration").

import { call } from "./api.js";

/** Items of a page: what fits a screen. */
const LIMIT = 20;

const path = (...parts) => ["/v1/admin", ...parts.map(encodeURIComponent)].join("/");

/** A page of a list; `query` narrows it, and says where it begins. */
const list = (name, query = {}) => {
  const asked = Object.entries({ limit: LIMIT, ...query }).filter(([, value]) => value);
  return call("GET", `${name}?${new URLSearchParams(asked)}`);
};

export const users = (query) => list(path("users"), query);
export const user = (id) => call("GET", path("users", id));
export const rolesOf = (id) => call("GET", path("users", id, "roles"));
export const sessionsOf = (id, query) => list(path("users", id, "sessions"), query);
export const giveRole = (id, role) => call("PUT", path("users", id, "roles", role));
export const takeRole = (id, role) => call("DELETE", path("users", id, "roles", role));
export const endSession = (id, session) => call("DELETE", path("users", id, "sessions", session));
export const endSessions = (id) => call("DELETE", path("users", id, "sessions"));
export const disable = (id) => call("POST", path("users", id, "disable"));
export const enable = (id) => call("POST", path("users", id, "enable"));
export const remove = (id) => call("DELETE", path("users", id));
export const roles = (query) => list(path("roles"), query);
export const changeRole = (name, change) => call("PATCH", path("roles", name), change);
export const services = (query) => list(path("services"), query);
export const keys = (query) => list(path("keys"), query);
export const rotateKeys = () => call("POST", path("keys", "rotate"), {});
export const audit = (query) => list(path("audit"), query);
