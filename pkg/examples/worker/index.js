// An API as an edge worker without a framework, behind Laika.
import { protect } from "laika-verifier/worker";

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

export default protect(
  { fetch: (request, { token, decision }) => routes[decision.rule](request, token) },
  ({ ISSUER }) => ({
    issuers: { issuer: ISSUER, audience: "orders", jwksUri: `${ISSUER}/.well-known/jwks.json` },
    policy,
    realm: "orders",
  }),
);
