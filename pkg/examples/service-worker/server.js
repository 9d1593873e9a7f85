// A page, its service worker and its API on one origin, with Express, behind Laika.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import express from "express";
import { protect } from "laika-verifier/middleware/express";
import { policy } from "./policy.js";

const { ISSUER = "http://127.0.0.1:8080", PORT = "8081" } = process.env;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { outputFiles } = await build({
  entryPoints: [here("sw.js")],
  bundle: true,
  format: "esm",
  write: false,
  define: { ISSUER: JSON.stringify(ISSUER) },
});
const [serviceWorker] = outputFiles;

const app = express();
app.use((_, response, next) => {
  response.set("content-security-policy", `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${ISSUER}`);
  next();
});
app.get("/sw.js", (_, response) => response.type("js").send(serviceWorker.text));
app.get("/issuer.json", (_, response) => response.json(ISSUER));
app.get("/laika-client.js", (_, response) => response.sendFile(fileURLToPath(import.meta.resolve("laika-verifier/client"))));
app.use(express.static(here("public")));

// The service worker spares the way here; whether it is allowed is decided here.
app.use(
  protect({
    issuers: { issuer: ISSUER, audience: "orders", jwksUri: `${ISSUER}/.well-known/jwks.json` },
    policy,
    realm: "orders",
  }),
);
const orders = ["a ball"];
app.get("/api/orders", (_, response) => response.json({ orders }));
app.post("/api/orders", express.json(), (request, response) => {
  orders.push(request.body.item);
  response.status(201).json({ orders });
});

const server = app.listen(PORT, "127.0.0.1", () => console.log(`ready http://127.0.0.1:${server.address().port}`));
