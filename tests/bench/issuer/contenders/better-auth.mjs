// npm `better-auth` on SQLite, with its JWT plugin.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ACCOUNTS, ARGON2, checkToken, expect, get, post, send } from "./shared.mjs";

export const betterAuth = { name: "better-auth, SQLite", start, cases };

function start({ peers, folder, port }) {
  mkdirSync(folder);
  const url = `http://127.0.0.1:${port}`;
  return {
    command: process.execPath, args: [join(peers, "better-auth.mjs"), String(port), folder, JSON.stringify(ARGON2)],
    env: { NODE_ENV: "production" }, url, probe: { url: `${url}/es256/jwks` },
  };
}

function cases(server, { url }) {
  const sessions = {};
  // As a page of its own site would; it refuses requests of nobody knows whose.
  const origin = { origin: url };
  const register = ({ username, email, password }, alg) => send(url, post(`/${alg.toLowerCase()}/sign-up/email`, { name: username, email, password }, origin));
  const begun = (alg) => (sessions[alg] ??= Promise.all(ACCOUNTS.map((who) => register(who, alg))));
  const micro = (alg) => ({
    make: async () => ({
      requests: (await begun(alg)).map(({ headers }) => {
        const cookie = headers.getSetCookie().map((set) => set.split(";", 1)[0]).join("; ");
        return get(`/${alg.toLowerCase()}/token`, { ...origin, cookie });
      }),
    }),
    check: ({ body }) => checkToken(body.token, alg),
  });
  return {
    "micro RS256": micro("RS256"),
    "micro ES256": micro("ES256"),
    "micro EdDSA": micro("EdDSA"),
    introspection: null,
    "client credentials": null,
    rotation: null,
    "log-in": {
      make: async () => {
        await begun("ES256");
        return { requests: ACCOUNTS.map(({ email, password }) => post("/es256/sign-in/email", { email, password }, origin)) };
      },
      check: ({ body }) => expect(body.token, "no session"),
    },
    "key set": {
      make: async () => ({ requests: [get("/es256/jwks")] }),
      check: ({ body }) => expect(body.keys.length > 0, "no keys"),
    },
  };
}
