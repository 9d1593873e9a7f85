// A page and its API on one origin, with Express, behind Laika.
import { fileURLToPath } from "node:url";
import express from "express";
import { protect } from "laika-verifier/middleware/express";

const { ISSUER = "http://127.0.0.1:8080", PORT = "8081" } = process.env;

const app = express();
app.use(
  protect({
    issuers: { issuer: ISSUER, audience: "orders", jwksUri: `${ISSUER}/.well-known/jwks.json` },
    policy: {
      version: 1,
      rules: [
        { id: "page", methods: ["GET"], path: "/", require: "anyone" },
        { id: "files", methods: ["GET"], path: "/{file}", require: "anyone" },
        { id: "list", methods: ["GET"], path: "/api/orders", require: "orders:read" },
      ],
    },
    realm: "orders",
  }),
);

app.use((_, response, next) => {
  response.set("content-security-policy", `default-src 'none'; script-src 'self'; connect-src 'self' ${ISSUER}`);
  next();
});
app.get("/api/orders", (request, response) => response.json({ orders: ["a ball"], for: request.laika.claims.username }));
app.get("/issuer.json", (_, response) => response.json(ISSUER));
app.get("/laika-client.js", (_, response) => response.sendFile(fileURLToPath(import.meta.resolve("laika-verifier/client"))));
app.use(express.static(fileURLToPath(new URL("public", import.meta.url))));

const server = app.listen(PORT, "127.0.0.1", () => console.log(`ready http://127.0.0.1:${server.address().port}`));
