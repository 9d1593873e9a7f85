/**
 * What each request needs.
 *
 * @example
 * ```ts
 * import { createVerifier, type Policy } from "laika-verifier";
 *
 * const policy: Policy = {
 *   version: 1,
 *   rules: [
 *     { id: "health", path: "/health", require: "anyone" },
 *     { id: "list", methods: ["GET"], path: "/orders", require: "orders:read" },
 *   ],
 * };
 * const verifier = await createVerifier({ issuers: { issuer, audience: "orders", jwksUri }, policy });
 * console.log((await verifier.authorize(undefined, { method: "GET", path: "/health" })).allowed); // true
 * ```
 */
export interface Policy {
  version: 1;
  rules: Rule[];
  /** For what no rule matches; default `deny`. */
  otherwise?: "deny" | "user" | "authenticated" | "any_token" | "anyone";
  /** How paths are compared; default `sensitive`. */
  case?: "sensitive" | "insensitive";
  /** Spellings of a path that are refused unless named here. */
  allow?: ("semicolon" | "percent25")[];
}

/**
 * One rule of a policy.
 *
 * @example
 * ```ts
 * import { createVerifier, type Rule } from "laika-verifier";
 *
 * const rule: Rule = { id: "cancel", methods: ["DELETE"], path: "/orders/{id}", require: { any: ["orders:cancel", "role:admin"] } };
 * const verifier = await createVerifier({ issuers: { issuer, audience: "orders", jwksUri }, policy: { version: 1, rules: [rule] } });
 * console.log((await verifier.authorize(token, { method: "DELETE", path: "/orders/7" })).status); // 403
 * ```
 */
export interface Rule {
  id: string;
  /** Absent: every host that no other rule names. */
  host?: string;
  /** Absent: all. `GET` covers `HEAD`. */
  methods?: string[];
  /** With `{parameter}` for one segment and `{*rest}` for the last ones. */
  path: string;
  require: Requirement;
}

/**
 * What a token must have. A string is a keyword, a permission, `role:name` or `role:service/name`.
 *
 * @example
 * ```ts
 * import { createVerifier, type Requirement } from "laika-verifier";
 *
 * const require: Requirement = { all: ["orders:read", { not: "role:suspended" }] };
 * const rules = [{ id: "list", path: "/orders", require }];
 * const verifier = await createVerifier({ issuers: { issuer, audience: "orders", jwksUri }, policy: { version: 1, rules } });
 * console.log((await verifier.authorize(token, { method: "GET", path: "/orders" })).allowed); // true
 * ```
 */
export type Requirement =
  | string
  | { all: Requirement[] }
  | { any: Requirement[] }
  | { not: Requirement }
  | { permission: string }
  | { issuer: string }
  | { level: number }
  | ClaimTest;

/**
 * A claim, by name or JSON pointer, and exactly one test of it.
 *
 * @example
 * ```ts
 * import { createVerifier, type ClaimTest } from "laika-verifier";
 *
 * const require: ClaimTest = { claim: "tenant", equals: { path: "tenant" } };
 * const rules = [{ id: "tenant", path: "/tenants/{tenant}/{*rest}", require }];
 * const verifier = await createVerifier({ issuers: { issuer, audience: "orders", jwksUri }, policy: { version: 1, rules } });
 * const allowed = async (path: string) => (await verifier.authorize(token, { method: "GET", path })).allowed;
 * console.log(await allowed("/tenants/acme/orders"), await allowed("/tenants/other/orders")); // true false
 * ```
 */
export type ClaimTest = { claim: string } & (
  | { equals: Operand }
  | { in: Operand }
  | { contains: Operand }
  | { atLeast: Operand }
  | { atMost: Operand }
  | { within: number }
  | { present: boolean }
);

type Literal = string | number | boolean | null;
type Operand = Literal | Literal[] | { path: string } | { claim: string };
