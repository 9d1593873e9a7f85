// An API in Deno, without a framework, behind Laika.
import { protect } from "laika-verifier/worker";

const issuer = Deno.env.get("ISSUER") ?? "http://127.0.0.1:8080";
const policy = {
  version: 1,
  rules: [
    { id: "health", path: "/health", require: "anyone" },
    { id: "list", methods: ["GET"], path: "/orders", require: "orders:read" },
    { id: "create", methods: ["POST"], path: "/orders", require: "orders:create" },
  ],
};

const orders = [];
/** What each rule of the policy lets happen. */
const routes = {
  health: () => new Response("ok"),
  list: () => Response.json({ orders }),
  async create(request, token) {
    const order = { ...(await request.json()), by: token.claims.username };
    orders.push(order);
    return Response.json(order, { status: 201 });
  },
};

const handler = protect((request, { token, decision }) => routes[decision.rule](request, token), {
  issuers: { issuer, audience: "orders", jwksUri: `${issuer}/.well-known/jwks.json` },
  policy,
  realm: "orders",
});

Deno.serve(
  {
    hostname: "127.0.0.1",
    port: Number(Deno.env.get("PORT") ?? "8081"),
    onListen: ({ port }) => console.log(`ready http://127.0.0.1:${port}`),
  },
  handler,
);
