// npm `better-auth` on SQLite by `better-sqlite3`, with its JWT plugin; one instance for each
// algorithm, since an instance signs with one. Arguments: a port, a folder for the databases, what
// Argon2id costs.
import { createServer } from "node:http";
import { join } from "node:path";
import { hash, verify } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";
import Database from "better-sqlite3";

const [port, folder, cost] = process.argv.slice(2);
const argon2 = JSON.parse(cost);
const parameters = { memoryCost: argon2.memory, timeCost: argon2.passes, parallelism: argon2.lanes };
const kinds = {
  RS256: { alg: "RS256", modulusLength: 2048 },
  ES256: { alg: "ES256" },
  EdDSA: { alg: "EdDSA", crv: "Ed25519" },
};

const url = `http://127.0.0.1:${port}`;
const handlers = {};
for (const [alg, keyPairConfig] of Object.entries(kinds)) {
  const base = `/${alg.toLowerCase()}`;
  const options = {
    baseURL: url,
    basePath: base,
    secret: "a-secret-of-the-benchmark-that-protects-nothing",
    database: open(join(folder, `${alg}.db`)),
    // On the same terms as the others: the same hash, no limit of requests.
    emailAndPassword: {
      enabled: true,
      password: { hash: (password) => hash(password, parameters), verify: ({ hash: known, password }) => verify(known, password) },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    plugins: [jwt({
      jwks: { keyPairConfig },
      jwt: {
        issuer: url, audience: "orders", expirationTime: "5m",
        definePayload: ({ user, session }) => ({
          sid: session.id, username: user.name, roles: ["orders/clerk"], level: 50,
          permissions: ["orders:read", "orders:create"],
        }),
      },
    })],
  };
  await (await getMigrations(options)).runMigrations();
  const auth = betterAuth(options);
  // A key is made at the first use; later starts find it.
  await auth.api.getJwks();
  handlers[base] = toNodeHandler(auth);
}
createServer((request, response) => {
  const handler = handlers[`/${request.url.split("/", 2)[1]}`];
  if (handler) handler(request, response);
  else response.writeHead(404).end();
}).listen(Number(port), "127.0.0.1");

/** As safe as ours: write-ahead log, each commit on the disk before it is answered. */
function open(file) {
  const database = new Database(file);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  return database;
}
