// npm `oidc-provider`, a certified provider of OpenID Connect, on loopback, with its own log-in page.

import { createRequire } from "node:module";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const tools = createRequire(new URL("../../tests/tools/package.json", import.meta.url));

/**
 * `{ url, accept, stop }`: `accept(redirectUri)` makes it known to a client `laika`, after which
 * it answers. Whoever logs in is called as they say, and has the e-mail `<name>@example.com`.
 */
export async function startKennel() {
  const { Provider } = await import(pathToFileURL(tools.resolve("oidc-provider")));
  let handle = (request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => handle(request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    accept(redirectUri) {
      const provider = new Provider(url, {
        clients: [{ client_id: "laika", client_secret: "kennel-secret", redirect_uris: [redirectUri] }],
        claims: { email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
        cookies: { keys: ["a test's own key"] },
        pkce: { required: () => true },
        findAccount: (context, id) => ({
          accountId: id,
          claims: () => ({
            sub: id, email: `${id}@example.com`, email_verified: true, name: id, preferred_username: id,
          }),
        }),
      });
      handle = provider.callback();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
