// Who is measured, and at what.
//
// A contender has a `name`, what to know about it (`remark`), and `start(context)`, which makes its
// folder and answers with how to start it: `command`, `args`, `env`, `cwd`, `url`, and the `probe`
// that is answered as soon as it serves. Of `cases(server, url)` each is one operation: `make()`
// answers with the list of requests for one round, `check(status, body)` throws where an answer is
// not what it should be. `null` says that the contender has no such operation.

import { betterAuth } from "./better-auth.mjs";
import { django } from "./django.mjs";
import { laika } from "./laika.mjs";
import { oidcProvider } from "./oidc-provider.mjs";

/** The operations, in the order of the report. */
export const OPERATIONS = {
  "micro RS256": "session → micro token, RS256",
  "micro ES256": "session → micro token, ES256",
  "micro EdDSA": "session → micro token, EdDSA",
  introspection: "introspection",
  "client credentials": "client credentials, ES256",
  rotation: "rotation of the long-lived token",
  "log-in": "log-in",
  "key set": "key set",
};

/** Another build of ours. */
export const beside = (program) => laika("SQLite", { name: "Laika, SQLite, beside", program });

export const contenders = [
  laika("SQLite"),
  laika("PostgreSQL"),
  oidcProvider,
  betterAuth,
  django("RS256"),
  django("ES256"),
];
