// npm `oidc-provider` with its in-memory adapter: no database at all, so nothing is ever on a disk.

import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ACCOUNTS, basic, checkToken, expect, form, get } from "./shared.mjs";

const SERVICE = basic("service", "service-secret");
const resource = (alg) => `urn:orders:${alg}`;

export const oidcProvider = { name: "oidc-provider, in memory", start, cases };

function start({ peers, folder, port }) {
  mkdirSync(folder);
  const keys = Object.entries({
    RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
    EdDSA: generateKeyPairSync("ed25519"),
  }).map(([alg, { privateKey }]) => ({ ...privateKey.export({ format: "jwk" }), kid: alg, alg, use: "sig" }));
  const file = join(folder, "keys.json");
  writeFileSync(file, JSON.stringify({ keys }));
  const url = `http://127.0.0.1:${port}`;
  return {
    command: process.execPath, args: [join(peers, "oidc-provider.mjs"), String(port), file],
    env: { NODE_ENV: "production" }, ipc: true, url, probe: { url: `${url}/jwks` },
  };
}

function cases(server) {
  // Its adapter holds a thousand things and forgets the eldest, so each round gets new ones.
  const made = (what) => server.ask({ ask: what, count: ACCOUNTS.length });
  const refresh = (client, alg, token) => form("/token", {
    grant_type: "refresh_token", client_id: client, refresh_token: token, resource: resource(alg),
  });
  const micro = (alg) => ({
    make: async () => ({ requests: (await made("app")).map((token) => refresh("app", alg, token)) }),
    check: ({ body }) => checkToken(body.access_token, alg),
  });
  return {
    "micro RS256": micro("RS256"),
    "micro ES256": micro("ES256"),
    "micro EdDSA": micro("EdDSA"),
    introspection: {
      make: async () => ({ requests: (await made("opaque")).map((token) => form("/token/introspection", { token }, SERVICE)) }),
      check: ({ body }) => expect(body.active === true, "the token is not active"),
    },
    "client credentials": {
      make: async () => ({
        requests: [form("/token", { grant_type: "client_credentials", resource: resource("ES256"), scope: "orders:read orders:create" }, SERVICE)],
      }),
      check: ({ body }) => checkToken(body.access_token, "ES256"),
    },
    rotation: {
      make: async () => ({
        follow: '"refresh_token":"([^"]+)"',
        requests: (await made("rotating")).map((token) => ({ ...refresh("rotating", "ES256", "TOKEN"), token })),
      }),
      check: ({ body }) => expect(body.refresh_token, "no refresh token"),
    },
    "log-in": null,
    "key set": {
      make: async () => ({ requests: [get("/jwks")] }),
      check: ({ body }) => expect(body.keys.length > 0, "no keys"),
    },
  };
}
