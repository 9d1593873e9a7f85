/** Who may do what with the API: the server and the service worker decide by the same. */
export const policy = {
  version: 1,
  rules: [
    { id: "list", methods: ["GET"], path: "/api/orders", require: "orders:read" },
    { id: "create", methods: ["POST"], path: "/api/orders", require: "orders:create" },
  ],
};
