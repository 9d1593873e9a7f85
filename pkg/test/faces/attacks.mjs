// Requests that somebody could pass off as others, and what every face answers: the middleware,
// the worker, and the layer for Rust backends.

/** What the faces decide by. Only `pay.example` has rules of its own. */
export const POLICY = {
  version: 1,
  rules: [
    { id: "health", path: "/health", require: "anyone" },
    { id: "list", methods: ["GET"], path: "/orders", require: "orders:read" },
    { id: "create", methods: ["POST"], path: "/orders", require: "orders:read" },
    { id: "cancel", methods: ["DELETE"], path: "/orders/{id}", require: "orders:cancel" },
    { id: "fresh", methods: ["GET"], path: "/orders/{id}", require: { claim: "auth_time", within: 900 } },
    { id: "pay", host: "pay.example", path: "/orders", require: "orders:pay" },
  ],
};

/** The realm that challenges name. */
export const REALM = "orders";

/** The origin besides the own one that may send the cookie `micro`. */
export const APP = "https://app.example";

/**
 * `[name, method, target, headers, status, code]`, `code` absent where the request is let through.
 * Headers are names and values by turns; without `host`, it is `orders.example`. `{ cookie: true }`
 * marks what needs faces that take tokens from cookies, `own` names faces whose server refuses
 * the request itself with that status, before anybody else sees it; `fetch` is the answer to what
 * the request becomes where the runtime resolves URLs before anybody sees them.
 */
export const attacks = ({ good, other, weak, expired, foreign }) => {
  const bearer = ["authorization", `Bearer ${good}`];
  const invalid = [400, "request_invalid"];
  const cookie = { cookie: true };
  const unnamed = [403, "permission_denied"];
  const inNode = { express: 400, "express 4": 400, fastify: 400, hono: 400 };
  const inWorkerd = { "hono in workerd": 500, worker: 500 };
  const upgrade = ["connection", "upgrade", "upgrade", "websocket"];
  return [
    ["a good token", "GET", "/orders", bearer, 200],
    ["a scheme in another case, and more spaces", "GET", "/orders", ["authorization", `bEARER   ${good}`], 200],
    ["a query that looks like a path", "GET", "/orders?next=/../%2f//", bearer, 200],
    ["a method in the same place", "HEAD", "/orders", bearer, 200],
    ["no token", "GET", "/orders", [], 401, "token_missing"],
    ["no token where anyone may pass", "GET", "/health", [], 200],
    ["a bad token where anyone may pass", "GET", "/health", ["authorization", "Bearer x"], 200],
    ["another scheme", "GET", "/orders", ["authorization", "Basic YTpi"], 401, "token_missing"],
    ["a token that has expired", "GET", "/orders", ["authorization", `Bearer ${expired}`], 401, "expired"],
    ["a token of a stranger", "GET", "/orders", ["authorization", `Bearer ${foreign}`], 401, "signature_invalid"],
    ["too few permissions", "GET", "/orders", ["authorization", `Bearer ${weak}`], 403, "permission_denied"],
    ["a method that no rule names", "PATCH", "/orders", bearer, ...unnamed],
    ["a path that no rule names", "GET", "/elsewhere", bearer, ...unnamed],
    ["a log-in that is not fresh", "GET", "/orders/7", bearer, 401, "permission_denied"],
    ["a header that is not UTF-8", "GET", "/orders", ["authorization", "Bearer \xff\xfe"], 401, "token_malformed"],
    ["a scheme and no token", "GET", "/orders", ["authorization", "Bearer"], 401, "token_missing"],
    ["a scheme and no space", "GET", "/orders", ["authorization", `Bearer${good}`], 401, "token_missing"],
    ["a tab for a space", "GET", "/orders", ["authorization", `Bearer\t${good}`], 401, "token_missing"],
    ["a token behind other credentials", "GET", "/orders", ["authorization", `Basic YTpi, Bearer ${good}`], 200],
    ["a token before other credentials", "GET", "/orders", ["authorization", `Bearer ${good}, Basic YTpi`], 401, "token_malformed"],
    ["other credentials in another header", "GET", "/orders", [...bearer, "authorization", "Basic YTpi"], 200, undefined, { fetch: [401, "token_malformed"] }],
    ["a token with something behind it", "GET", "/orders", ["authorization", `Bearer ${good},x`], 401, "token_malformed"],

    ["two tokens with something behind them", "GET", "/orders", ["authorization", `Bearer ${good} ,x`, "authorization", `Bearer ${good},x`], ...invalid],
    ["one token with something behind it, twice", "GET", "/orders", ["authorization", `Bearer ${good},x`, "authorization", `Bearer  ${good},x `], 401, "token_malformed"],

    ["a method override", "POST", "/orders", [...bearer, "X-HTTP-Method-Override", "DELETE"], ...invalid],
    ["its first variant", "POST", "/orders", [...bearer, "x-http-method", "DELETE"], ...invalid],
    ["its second variant", "POST", "/orders", [...bearer, "X-Method-Override", "DELETE"], ...invalid],
    ["its spelling for CGI", "POST", "/orders", [...bearer, "X_HTTP_METHOD_OVERRIDE", "DELETE"], ...invalid],
    ["an override where anyone may pass", "GET", "/health", ["x-http-method-override", "GET"], ...invalid],

    ["two tokens in two headers", "GET", "/orders", [...bearer, "authorization", `Bearer ${other}`], ...invalid],
    ["two tokens in one header", "GET", "/orders", ["authorization", `Bearer ${good}, Bearer ${other}`], ...invalid],
    ["one token twice", "GET", "/orders", [...bearer, ...bearer], 200],
    ["two tokens where anyone may pass", "GET", "/health", [...bearer, "authorization", "Bearer x"], ...invalid],

    ["absolute form", "GET", "http://orders.example/orders", bearer, ...invalid, { own: inWorkerd }],
    ["absolute form of another host", "GET", "http://pay.example/orders", bearer, ...invalid, { own: inWorkerd }],
    ["two slashes", "GET", "//orders", bearer, ...invalid],
    ["two slashes inside", "GET", "/health//orders", bearer, ...invalid],
    ["two slashes at the end", "GET", "/orders//", bearer, ...invalid],
    ["a host in the path", "GET", "//pay.example/orders", bearer, ...invalid],
    ["dots", "GET", "/health/../orders", bearer, ...invalid, { fetch: [200] }],
    ["one dot", "GET", "/./orders", bearer, ...invalid, { fetch: [200] }],
    ["escaped dots", "GET", "/health/%2e%2e/orders", bearer, ...invalid, { fetch: [200] }],
    ["an escaped slash", "GET", "/orders%2f7", bearer, ...invalid],
    ["an escaped slash in capitals", "GET", "/orders%2F..%2Fhealth", bearer, ...invalid],
    ["an escaped backslash", "GET", "/orders%5c7", bearer, ...invalid],
    ["a backslash", "GET", "/orders\\7", bearer, ...invalid, { own: { hono: 400 }, fetch: [401, "permission_denied"] }],
    ["a parameter", "GET", "/orders;a=b", bearer, ...invalid],
    ["an escaped semicolon", "GET", "/orders%3b", bearer, ...invalid],
    ["an escaped percent sign", "GET", "/orders%252f7", bearer, ...invalid],
    ["an escaped NUL", "GET", "/orders%00", bearer, ...invalid],
    ["a broken escape", "GET", "/orders%zz", bearer, ...invalid, { own: { fastify: 400 } }],
    ["an escape that is not UTF-8", "GET", "/orders%ff", bearer, ...invalid, { own: { fastify: 400 } }],
    ["a fragment", "GET", "/orders#7", bearer, ...invalid, { fetch: [200] }],
    ["bytes that are not UTF-8", "GET", "/orders\xff", bearer, ...invalid, { own: { ...inNode, rust: 400 }, fetch: unnamed }],

    ["a host of its own", "GET", "/orders", [...bearer, "host", "PAY.example.:80"], 403, "permission_denied"],
    ["two hosts", "GET", "/orders", [...bearer, "host", "orders.example", "host", "pay.example"], ...invalid, { own: inWorkerd }],
    ["a host that is none", "GET", "/orders", [...bearer, "host", "pay.example@orders.example"], ...invalid, { own: { hono: 400, ...inWorkerd } }],
    ["a host behind a path", "GET", "/orders", [...bearer, "host", "orders.example/pay"], ...invalid, { own: { hono: 400, ...inWorkerd } }],
    ["a forwarded host", "GET", "/orders", [...bearer, "x-forwarded-host", "pay.example"], 200],

    ["a cookie that reads", "GET", "/orders", ["cookie", `a=b; micro=${good}`], 200, undefined, cookie],
    ["a cookie of that name's end", "GET", "/orders", ["cookie", `xmicro=${good}`], 401, "token_missing", cookie],
    ["a cookie behind a space that is not ASCII", "GET", "/orders", ["cookie", `a=b; \xa0micro=${good}`], 401, "token_missing", cookie],
    ["a cookie behind a space in UTF-8", "GET", "/orders", ["cookie", `a=b; \xe2\x80\x80micro=${good}`], 401, "token_missing", cookie],
    ["a cookie with such a space behind it", "GET", "/orders", ["cookie", `micro=${good}\xa0`], 401, "token_malformed", cookie],
    ["a cookie that writes", "POST", "/orders", ["cookie", `micro=${good}`], ...invalid, cookie],
    ["and from this origin", "POST", "/orders", ["cookie", `micro=${good}`, "sec-fetch-site", "same-origin"], 200, undefined, cookie],
    ["and from this site", "POST", "/orders", ["cookie", `micro=${good}`, "sec-fetch-site", "same-site"], ...invalid, cookie],
    ["and from the app", "POST", "/orders", ["cookie", `micro=${good}`, "sec-fetch-site", "same-site", "origin", APP], 200, undefined, cookie],
    ["and from a stranger", "POST", "/orders", ["cookie", `micro=${good}`, "origin", `${APP}.evil.example`], ...invalid, cookie],
    ["and from two origins", "POST", "/orders", ["cookie", `micro=${good}`, "origin", APP, "origin", "https://evil.example"], ...invalid, cookie],
    ["and from nowhere", "POST", "/orders", ["cookie", `micro=${good}`, "origin", "null"], ...invalid, cookie],
    ["a cookie that opens a socket", "GET", "/orders", ["cookie", `micro=${good}`, ...upgrade], ...invalid, cookie],
    ["a header beside another cookie", "GET", "/orders", [...bearer, "cookie", `micro=${other}`], ...invalid, cookie],
    ["a header beside the same cookie", "GET", "/orders", [...bearer, "cookie", `micro=${good}`], 200, undefined, cookie],
    ["two cookies", "GET", "/orders", ["cookie", `micro=${good}; micro=${other}`], ...invalid, cookie],
    ["two cookie headers", "GET", "/orders", ["cookie", `micro=${good}`, "cookie", `micro=${other}`], ...invalid, cookie],
  ].map(([name, method, target, headers, status, code, marks = {}]) => ({ name, method, target, headers, status, code, ...marks }));
};
