// npm `openid-client`, unmodified, against the issuer: discovery, client credentials, refresh, token
// exchange, introspection, revocation. Prints what it got as JSON; fails where a call fails.
//
// Arguments: issuer, secret of the service account `backend`, a main token.

import * as client from "openid-client";

const [issuer, secret, main] = process.argv.slice(2);
const discover = (id, ...auth) =>
  client.discovery(new URL(issuer), id, undefined, ...auth, {
    algorithm: "oauth2",
    execute: [client.allowInsecureRequests], // plain HTTP, on loopback
  });
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const MICRO = "urn:ietf:params:oauth:token-type:access_token";

const shop = await discover("shop", client.None());
const basic = await discover("backend", client.ClientSecretBasic(secret));
const post = await discover("backend", client.ClientSecretPost(secret));

const byBasic = await client.clientCredentialsGrant(basic, { resource: "orders" });
const byPost = await client.clientCredentialsGrant(post, { resource: "orders", scope: "orders:read" });
const refreshed = await client.refreshTokenGrant(shop, main, { resource: "orders" });
const exchanged = await client.genericGrantRequest(basic, EXCHANGE, {
  subject_token: refreshed.access_token,
  subject_token_type: MICRO,
});
const before = await client.tokenIntrospection(basic, exchanged.access_token);
await client.tokenRevocation(shop, refreshed.refresh_token);
const after = await client.tokenIntrospection(basic, exchanged.access_token);
const refused = await client
  .refreshTokenGrant(shop, refreshed.refresh_token, { resource: "orders" })
  .then(() => "accepted", (error) => error.error);

console.log(JSON.stringify({ byBasic, byPost, refreshed, exchanged, before, after, refused }));
