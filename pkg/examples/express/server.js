// An API with Express, behind Laika.
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
        { id: "health", path: "/health", require: "anyone" },
        { id: "list", methods: ["GET"], path: "/orders", require: "orders:read" },
        { id: "create", methods: ["POST"], path: "/orders", require: "orders:create" },
      ],
    },
    realm: "orders",
  }),
);

const orders = [];
app.get("/health", (_, response) => response.send("ok"));
app.get("/orders", (_, response) => response.json({ orders }));
app.post("/orders", express.json(), (request, response) => {
  const order = { ...request.body, by: request.laika.claims.username };
  orders.push(order);
  response.status(201).json(order);
});

const server = app.listen(PORT, "127.0.0.1", () => console.log(`ready http://127.0.0.1:${server.address().port}`));
