// An API with Fastify, behind Laika.
import Fastify from "fastify";
import { protect } from "laika-verifier/middleware/fastify";

const { ISSUER = "http://127.0.0.1:8080", PORT = "8081" } = process.env;

const app = Fastify();
await app.register(
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
app.get("/health", async () => "ok");
app.get("/orders", async () => ({ orders }));
app.post("/orders", async (request, reply) => {
  const order = { ...request.body, by: request.laika.claims.username };
  orders.push(order);
  return reply.code(201).send(order);
});

console.log(`ready ${await app.listen({ port: Number(PORT), host: "127.0.0.1" })}`);
