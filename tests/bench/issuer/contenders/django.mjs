// PyPI `djangorestframework-sso` on SQLite, behind gunicorn with one worker for the one core.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ACCOUNTS, ARGON2, checkToken, expect, post, send } from "./shared.mjs";

export function django(alg) {
  return {
    name: `djangorestframework-sso, ${alg}`,
    start: (context) => start(alg, context),
    cases: (server, { url }) => cases(alg, url),
  };
}

function start(alg, { peers, python, folder, port }) {
  mkdirSync(folder);
  const cwd = join(peers, "django");
  const env = { BENCH_FOLDER: folder, BENCH_ALGORITHM: alg, BENCH_ARGON2: JSON.stringify(ARGON2), PYTHONDONTWRITEBYTECODE: "1" };
  execFileSync(python, ["prepare.py", JSON.stringify(ACCOUNTS)], { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "inherit"] });
  const url = `http://127.0.0.1:${port}`;
  const serving = ["--workers", "1", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "60", "--no-control-socket"];
  return {
    command: python, args: ["-m", "gunicorn", ...serving, "--log-level", "warning", "--bind", `127.0.0.1:${port}`, "wsgi:application"],
    cwd, env, url, probe: { url: `${url}/session/`, method: "OPTIONS" },
  };
}

function cases(alg, url) {
  // A later log-in of the same client makes the session tokens before it worthless.
  const logIn = (client) => ({ username, password }) => post("/session/", { username, password, client_id: client });
  let sessions;
  const begun = async () => (sessions ??= await Promise.all(ACCOUNTS.map((who) => send(url, logIn("app")(who)))));
  const micro = {
    make: async () => ({
      requests: (await begun()).map(({ body }) => post("/authorize/", {}, { authorization: `JWT ${body.token}` })),
    }),
    check: ({ body }) => checkToken(body.token, alg),
  };
  return {
    "micro RS256": alg === "RS256" ? micro : null,
    "micro ES256": alg === "ES256" ? micro : null,
    "micro EdDSA": null,
    introspection: null,
    "client credentials": null,
    rotation: null,
    // Its own algorithm by default; the other would say the same.
    "log-in": alg === "RS256" ? {
      make: async () => ({ requests: ACCOUNTS.map(logIn("log-in")) }),
      check: ({ body }) => expect(body.token, "no session token"),
    } : null,
    "key set": null,
  };
}
