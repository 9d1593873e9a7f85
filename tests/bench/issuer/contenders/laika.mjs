// Ours, on SQLite or PostgreSQL.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clean } from "../server.mjs";
import { ACCOUNTS, ARGON2, basic, checkToken, expect, form, get, post, send } from "./shared.mjs";

/** The service of each algorithm. */
const SERVICES = { RS256: "orders", ES256: "orders-es256", EdDSA: "orders-eddsa" };

/** Limits that the load would meet. */
const LIMITS = ["LOGIN", "LOGIN_ACCOUNT", "LOGIN_ADDRESS", "CLIENT_CREDENTIALS", "VERIFICATION", "REQUESTS"];

/** Who introspects and asks for tokens of its own. */
const ACCOUNT = "bench";

export function laika(engine, { name = `Laika, ${engine}`, program } = {}) {
  return {
    name,
    start: (context) => start(engine, { ...context, laika: program ?? context.laika }),
    cases,
  };
}

function start(engine, { laika, postgres, folder, port }) {
  mkdirSync(folder);
  const url = `http://127.0.0.1:${port}`;
  const env = {
    LAIKA_LISTEN: `127.0.0.1:${port}`,
    LAIKA_DATA_DIR: join(folder, "data"),
    LAIKA_PASSWORD_MEMORY: String(ARGON2.memory),
    LAIKA_PASSWORD_PASSES: String(ARGON2.passes),
    LAIKA_PASSWORD_LANES: String(ARGON2.lanes),
    // The load is what one address would never be let through with.
    ...Object.fromEntries(LIMITS.map((name) => [`LAIKA_LIMITS_${name}`, "off"])),
    ...(engine === "PostgreSQL" && { LAIKA_DATABASE_URL: `${postgres.url}/postgres` }),
  };
  const run = (...args) => execFileSync(laika, args, { env: { ...clean(process.env), ...env }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  // What one algorithm lacks is the failure of its own cases, not of all.
  const faults = {};
  for (const alg of Object.keys(SERVICES)) {
    const file = join(folder, `${alg}.toml`);
    writeFileSync(file, seed(alg));
    faults[alg] = attempt(() => run("import", file));
  }
  const account = attempt(() => run("service-account", "create", ACCOUNT, "--service", SERVICES.ES256, "--role", `${SERVICES.ES256}/clerk`).trim());
  return {
    command: laika, args: ["serve"], env, url, probe: { url: `${url}/.well-known/jwks.json` },
    meters: engine === "PostgreSQL" ? { PostgreSQL: postgres.cpu } : {},
    faults, account,
  };
}

function attempt(work) {
  try {
    return { value: work() };
  } catch (error) {
    return { error: new Error(String(error.stderr ?? error.message).trim()) };
  }
}

function holds({ value, error }) {
  if (error) throw error;
  return value;
}

/** A service, its role, and the accounts with that role. */
function seed(alg) {
  const name = SERVICES[alg];
  const permissions = JSON.stringify([`${name}:read`, `${name}:create`]);
  const users = ACCOUNTS.map((account) => `
[[users]]
username = "${account.username}"
email = "${account.email}"
password = "${account.password}"
roles = ["${name}/clerk"]
`);
  return `
[[services]]
name = "${name}"
algorithm = "${alg}"
permissions = ${permissions}

[[roles]]
name = "clerk"
service = "${name}"
level = 50
permissions = ${permissions}
${users.join("")}`;
}

function cases(server, { url, faults, account }) {
  const logIn = ({ username, password }) => post("/v1/sessions", { login: username, password });
  const session = async (who) => (await send(url, logIn(who))).body.main_token;
  let sessions;
  const begun = async () => (sessions ??= await Promise.all(ACCOUNTS.map(session)));
  const ask = (token, alg) => post("/v1/tokens/micro", { services: [SERVICES[alg]] }, { authorization: `Bearer ${token}` });
  const micro = (alg) => ({
    make: async () => {
      holds(faults[alg]);
      return { requests: (await begun()).map((token) => ask(token, alg)) };
    },
    check: ({ body }) => checkToken(body.micro_token, alg),
  });
  const credentials = () => basic(ACCOUNT, holds(account));
  return {
    "micro RS256": micro("RS256"),
    "micro ES256": micro("ES256"),
    "micro EdDSA": micro("EdDSA"),
    introspection: {
      make: async () => {
        holds(faults.ES256);
        const tokens = await Promise.all((await begun()).map((token) => send(url, ask(token, "ES256"))));
        return { requests: tokens.map(({ body }) => form("/oauth2/introspect", { token: body.micro_token }, credentials())) };
      },
      check: ({ body }) => expect(body.active === true, "the token is not active"),
    },
    "client credentials": {
      make: async () => {
        holds(faults.ES256);
        const fields = { grant_type: "client_credentials", resource: SERVICES.ES256 };
        return { requests: [form("/oauth2/token", fields, credentials())] };
      },
      check: ({ body }) => checkToken(body.access_token, "ES256"),
    },
    rotation: {
      make: async () => ({
        follow: '"main_token":"([^"]+)"',
        requests: (await Promise.all(ACCOUNTS.map(session))).map((token) => ({
          method: "POST", path: "/v1/sessions/current/renew", headers: { authorization: "Bearer TOKEN" }, token,
        })),
      }),
      check: ({ body }) => expect(body.main_token, "no main token"),
    },
    "log-in": {
      make: async () => ({ requests: ACCOUNTS.map(logIn) }),
      check: ({ body }) => expect(body.main_token, "no main token"),
    },
    "key set": {
      make: async () => ({ requests: [get("/.well-known/jwks.json")] }),
      check: ({ body }) => expect(body.keys.length > 0, "no keys"),
    },
  };
}
