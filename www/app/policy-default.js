// What the policy lab starts with (language: docs/contract/verifier.md, "Policy").

export const defaultPolicy = `{
  "version": 1,
  "rules": [
    { "id": "health",
      "methods": ["GET"], "path": "/health",
      "require": "anyone" },
    { "id": "list",
      "methods": ["GET"], "path": "/orders",
      "require": "orders:read" },
    { "id": "create",
      "methods": ["POST"], "path": "/orders",
      "require": "orders:create" },
    { "id": "cancel",
      "methods": ["DELETE"], "path": "/orders/{id}",
      "require": { "any": ["orders:cancel",
                           "role:orders/manager"] } },
    { "id": "mine",
      "methods": ["GET"], "path": "/users/{user}/{*rest}",
      "require": { "claim": "sub",
                   "equals": { "path": "user" } } }
  ],
  "otherwise": "deny"
}
`;

/** The preset requests; `subject` is whose own pages "mine" asks for. `shown` stands for the path. */
export function presets(subject = "me") {
  return [
    { method: "GET", path: "/health" },
    { method: "GET", path: "/orders" },
    { method: "POST", path: "/orders" },
    { method: "DELETE", path: "/orders/42" },
    { method: "PATCH", path: "/orders", note: "a method no rule names" },
    { method: "GET", path: `/users/${subject}/orders`, shown: "/users/{your sub}/orders" },
    { method: "GET", path: "/users/somebody-else/orders" },
    { method: "GET", path: "/reports", note: "a path no rule names" },
    { method: "GET", path: "/health/../orders", note: "a trick" },
  ];
}
