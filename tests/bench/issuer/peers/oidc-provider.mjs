// npm `oidc-provider` with its in-memory adapter, and what a benchmark of it needs to begin with.
//
// It has neither accounts nor a log-in of its own: tokens that a log-in would lead to are made here
// with its own models, whenever the parent process asks for some. Arguments: a port, a
// file with the private key set.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const ALGORITHMS = ["RS256", "ES256", "EdDSA"];
const SCOPE = "orders:read orders:create";
const ACCOUNT = "9f0c6c1e-6a2f-4a53-9d8a-8b2f7f0f8d11";

const resource = (alg) => `urn:orders:${alg}`;

const port = Number(process.argv[2]);
const provider = open(`http://127.0.0.1:${port}`);
provider.on("server_error", (ctx, error) => console.error(error));
process.on("message", async ({ ask, count }) => process.send(await make[ask](count)));
createServer(provider.callback()).listen(port, "127.0.0.1");

function open(url) {
  const common = { redirect_uris: [], response_types: [] };
  return new Provider(url, {
    clients: [
      // As a main token of ours: whoever holds the refresh token needs nothing else.
      { ...common, client_id: "app", grant_types: ["refresh_token"], token_endpoint_auth_method: "none" },
      { ...common, client_id: "rotating", grant_types: ["refresh_token"], token_endpoint_auth_method: "none" },
      { ...common, client_id: "service", client_secret: "service-secret", grant_types: ["client_credentials"] },
    ],
    jwks: JSON.parse(readFileSync(process.argv[3], "utf8")),
    scopes: ["offline_access", ...SCOPE.split(" ")],
    rotateRefreshToken: (ctx) => ctx.oidc.client.clientId === "rotating",
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    // A token says as much as one of ours.
    extraTokenClaims: () => ({ username: "laika", roles: ["orders/clerk"], level: 50, permissions: SCOPE.split(" ") }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => [],
        useGrantedResource: () => false,
        getResourceServerInfo: (ctx, name) => ({
          scope: SCOPE,
          audience: "orders",
          accessTokenTTL: 300,
          accessTokenFormat: name === "urn:opaque" ? "opaque" : "jwt",
          jwt: name === "urn:opaque" ? undefined : { sign: { alg: name.split(":").at(-1) } },
        }),
      },
    },
  });
}

const make = {
  app: (count) => refreshTokens("app", count),
  rotating: (count) => refreshTokens("rotating", count),
  opaque: (count) => all(count, async () => {
    const client = await provider.Client.find("app");
    const grantId = await grant("app");
    const token = new provider.AccessToken({
      client, accountId: ACCOUNT, grantId, scope: SCOPE, gty: "refresh_token", aud: "orders", expiresIn: 3600,
    });
    return token.save();
  }),
};

function refreshTokens(clientId, count) {
  return all(count, async () => {
    const client = await provider.Client.find(clientId);
    const grantId = await grant(clientId);
    const token = new provider.RefreshToken({
      client, accountId: ACCOUNT, grantId, gty: "authorization_code", scope: `offline_access ${SCOPE}`,
      resource: ALGORITHMS.map(resource), authTime: Math.floor(Date.now() / 1000), expiresIn: 24 * 3600,
    });
    return token.save();
  });
}

function grant(clientId) {
  const grant = new provider.Grant({ accountId: ACCOUNT, clientId });
  grant.addOIDCScope("offline_access");
  for (const alg of ALGORITHMS) grant.addResourceScope(resource(alg), SCOPE);
  return grant.save();
}

async function all(count, one) {
  return Promise.all(Array.from({ length: count }, one));
}
