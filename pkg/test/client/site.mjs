// An app's page, its API, and a stranger, each on an origin of its own.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import express from "express";
import { createVerifier } from "laika-verifier";
import { protect } from "laika-verifier/middleware/express";
import { listen } from "../faces/apps.mjs";

const PAGE = `<!doctype html><html><head><meta charset="utf-8"><script type="module" src="/page.js"></script></head></html>`;
const SCRIPT = `import * as client from "/client.js";
globalThis.client = client;
document.documentElement.dataset.ready = "";`;

/** The app's page, which may run its own scripts and nothing else: `globalThis.client` is the entry. */
export async function startPage() {
  const client = await readFile(new URL("../../dist/client.js", import.meta.url));
  const seen = [];
  const server = await listen(
    createServer(({ url, headers }, response) => {
      seen.push({ url, authorization: headers.authorization });
      const [type, body] = url === "/" ? ["text/html", PAGE] : ["text/javascript", url === "/client.js" ? client : SCRIPT];
      response.setHeader("content-security-policy", "default-src 'none'; script-src 'self'; connect-src http://127.0.0.1:* http://localhost:*");
      response.writeHead(url === "/favicon.ico" ? 404 : 200, { "content-type": type }).end(body);
    }),
  );
  return { ...server, origin: origin(server), seen };
}

/**
 * The API of the app at `app`. `state.ahead` puts its clock forward, and it notes what it `seen`.
 */
export async function startApi(issuer, app, stranger) {
  const state = { ahead: 0, seen: [], refuse: undefined };
  const verifier = await createVerifier({
    issuers: { issuer, audience: "orders", jwksUri: `${issuer}/.well-known/jwks.json`, status: "off" },
    policy: {
      version: 1,
      rules: [
        { id: "list", methods: ["GET"], path: "/orders", require: "orders:read" },
        { id: "create", methods: ["POST"], path: "/orders", require: "orders:create" },
        { id: "health", path: "/health", require: "anyone" },
        { id: "others", path: "/away/{where}", require: "anyone" },
      ],
    },
    now: () => Date.now() / 1000 + state.ahead,
  });
  const api = express();
  api.use((request, response, next) => {
    response.set({ "access-control-allow-origin": app, "access-control-expose-headers": "www-authenticate" });
    if (request.method === "OPTIONS") {
      response.set({ "access-control-allow-headers": "authorization, content-type", "access-control-allow-methods": "GET, POST" });
      return response.status(204).end();
    }
    state.seen.push({ method: request.method, url: request.url, authorization: request.headers.authorization });
    if (state.refuse?.(response)) return undefined;
    next();
  });
  api.use(protect(verifier));
  api.get("/away/stranger", (_, response) => response.redirect(`${stranger}/taken`));
  api.get("/away/home", (_, response) => response.redirect("/health"));
  api.post("/orders", express.text({ type: "*/*" }), (request, response) => response.json({ got: request.body, by: request.laika.claims.username }));
  api.use((request, response) => response.json({ by: request.laika?.claims.username ?? null }));
  const server = await listen(createServer(api));
  return { ...server, origin: origin(server), state };
}

/** Somebody who takes whatever is sent, from whomever. */
export async function startStranger() {
  const seen = [];
  const server = await listen(
    createServer(({ method, url, headers }, response) => {
      seen.push({ method, url, authorization: headers.authorization });
      response.writeHead(200, { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization" }).end("{}");
    }),
  );
  return { ...server, origin: origin(server), seen };
}

function origin({ port }) {
  return `http://127.0.0.1:${port}`;
}
