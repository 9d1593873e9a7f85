// An API with Hono, as an edge worker, behind Laika.
import { Hono } from "hono";
import { protect } from "laika-verifier/middleware/hono";

const policy = {
  version: 1,
  rules: [
    { id: "health", path: "/health", require: "anyone" },
    { id: "list", methods: ["GET"], path: "/orders", require: "orders:read" },
    { id: "create", methods: ["POST"], path: "/orders", require: "orders:create" },
  ],
};

const app = new Hono();
app.use(
  protect(({ ISSUER }) => ({
    issuers: { issuer: ISSUER, audience: "orders", jwksUri: `${ISSUER}/.well-known/jwks.json` },
    policy,
    realm: "orders",
  })),
);

const orders = [];
app.get("/health", (c) => c.text("ok"));
app.get("/orders", (c) => c.json({ orders }));
app.post("/orders", async (c) => {
  const order = { ...(await c.req.json()), by: c.get("token").claims.username };
  orders.push(order);
  return c.json(order, 201);
});

export default app;
