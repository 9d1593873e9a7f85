/// <reference lib="esnext.disposable" preserve="true" />
import type { LaikaErrorCode } from "./code.js";
import type { Policy } from "./policy.js";

/**
 * Signature algorithms; `EdDSA` and `Ed25519` name the same.
 *
 * @example
 * ```ts
 * import { createVerifier, type Algorithm } from "laika-verifier";
 *
 * const algorithms: Algorithm[] = ["ES256", "EdDSA"];
 * const verifier = await createVerifier({ issuers: { issuer, audience: "orders", jwksUri, algorithms } });
 * console.log((await verifier.verify(token)).header.alg); // EdDSA
 * ```
 */
export type Algorithm =
  | "RS256" | "RS384" | "RS512"
  | "PS256" | "PS384" | "PS512"
  | "ES256" | "ES384"
  | "EdDSA" | "Ed25519"
  | "HS256" | "HS384" | "HS512";

/**
 * How an issuer writes its access tokens.
 *
 * @example
 * ```ts
 * import { createVerifier, type Profile } from "laika-verifier";
 *
 * const profile: Profile = "auth0";
 * const verifier = await createVerifier({ issuers: { issuer, audience: "orders", jwksUri, profile } });
 * console.log((await verifier.verify(token)).permissions); // [ 'orders:read', 'orders:notes:*' ]
 * ```
 */
export type Profile = "laika" | "rfc9068" | "keycloak" | "auth0" | "cognito" | "entra";

/**
 * Options of a verifier. Unknown options are refused, never ignored.
 *
 * @example
 * ```ts
 * import { createVerifier, type VerifierOptions } from "laika-verifier";
 *
 * const options: VerifierOptions = {
 *   issuers: { issuer, audience: "orders", jwksUri },
 *   policy,
 *   clockTolerance: 5,
 *   cache: { maxBytes: 4 * 2 ** 20 },
 * };
 * const verifier = await createVerifier(options);
 * ```
 */
export interface VerifierOptions {
  issuers: IssuerOptions | IssuerOptions[];
  /** What each request needs, as an object or JSON text; `authorize` needs it. */
  policy?: Policy | string;
  /** Seconds added to `exp`; default 0. */
  clockTolerance?: number;
  /** Seconds by which `nbf` and `iat` may lie ahead, for clocks differ; default 60. */
  clockSkew?: number;
  /** Tokens that were verified are kept, about so many bytes (default 1 MiB), or not at all. */
  cache?: false | { maxBytes?: number };
  /** Bytes; default 16384. */
  maxTokenSize?: number;
  /** The time in Unix seconds; default the system's. */
  now?: () => number;
  /** Fetches keys, metadata and status lists; default the global one. */
  fetch?: typeof globalThis.fetch;
}

/**
 * One issuer, and where its keys come from: one of `jwks`, `jwksUri`, `discover`, `publicKey`, `secret`.
 *
 * @example
 * ```ts
 * import { createVerifier, type IssuerOptions } from "laika-verifier";
 *
 * const own: IssuerOptions = { issuer, audience: "orders", jwksUri, mayAssert: { permissions: ["*"], level: true } };
 * const partner: IssuerOptions = {
 *   issuer: "https://login.partner.example",
 *   audience: "orders",
 *   discover: true,
 *   profile: "rfc9068",
 *   mayAssert: { permissions: ["orders:read"] },
 * };
 * const verifier = await createVerifier({ issuers: [own, partner] });
 * console.log((await verifier.verify(token)).issuer); // https://id.example.com
 * ```
 */
export interface IssuerOptions {
  /** The exact `iss`. */
  issuer: string;
  /** At least one must be in `aud`. */
  audience: string | string[];
  /** Static keys. */
  jwks?: { keys: JsonWebKey[] };
  /** Remote keys: https, or http on loopback. */
  jwksUri?: string;
  /** Remote keys, where the issuer's metadata (RFC 8414, or else OpenID Connect's) say they are. */
  discover?: true;
  /** PEM, SPKI or PKCS#1. */
  publicKey?: string;
  /** The secret of HS256, or of the one algorithm that `algorithms` names; as long as its hash. */
  secret?: Uint8Array;
  /** Default `laika`. */
  profile?: Profile;
  /** Default: what the keys themselves say. */
  algorithms?: Algorithm[];
  /** Accepted header `typ`; `null` means absent. Default: as the profile says. */
  typ?: (string | null)[];
  /** Besides `iss`, `aud`, `exp`, `sub`. */
  requiredClaims?: string[];
  /** Seconds since `iat`. */
  maxTokenAge?: number;
  /** Where permissions are: names or JSON pointers. Default: as the profile says. */
  permissionClaims?: string[];
  /** Where roles are: names or JSON pointers. Default: as the profile says. */
  roleClaims?: string[];
  /** What tokens of this issuer may grant; required for each when there are several. */
  mayAssert?: { permissions?: string[]; roles?: string[]; level?: boolean };
  /**
   * Whether a token is asked for in the status list that it names (Token Status List): `if-present`
   * is the default with remote keys, `off` with others; `required` refuses a token that names none.
   */
  status?: "off" | "if-present" | "required";
  /** Origins or URLs of status lists, besides the issuer's own origin. */
  statusUris?: string[];
  /** Seconds for which the last list goes on while no other can be fetched; default 300. */
  statusMaxStale?: number;
  /** Exact origins that may be http, e.g. in a cluster. */
  insecureHttp?: string[];
}

/**
 * A public key (RFC 7517), as far as it is read.
 *
 * @example
 * ```ts
 * import { createVerifier, type JsonWebKey } from "laika-verifier";
 *
 * const key: JsonWebKey = { kty: "OKP", crv: "Ed25519", kid: "2026", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
 * const verifier = await createVerifier({ issuers: { issuer, audience: "orders", jwks: { keys: [key] } } });
 * ```
 */
export interface JsonWebKey {
  kty?: string;
  kid?: string;
  alg?: string;
  use?: string;
  key_ops?: string[];
  n?: string;
  e?: string;
  crv?: string;
  x?: string;
  y?: string;
  ext?: boolean;
  x5c?: string[];
  x5t?: string;
  "x5t#S256"?: string;
  x5u?: string;
}

/**
 * Verifies tokens and decides requests. `C`: claims besides the standard ones.
 *
 * @example
 * ```ts
 * import { createVerifier, type Verifier } from "laika-verifier";
 *
 * let made: Promise<Verifier> | undefined;
 * // The one verifier of this process, or of this isolate.
 * const theVerifier = () => (made ??= createVerifier({ issuers: { issuer, audience: "orders", jwksUri }, policy }));
 * console.log((await theVerifier()) === (await theVerifier())); // true
 * ```
 */
export interface Verifier<C = {}> {
  /**
   * Proves everything about a token, fetching keys and status lists when needed.
   *
   * @throws {LaikaError} the first check that failed
   *
   * @example
   * ```ts
   * const { claims, permissions } = await verifier.verify(token);
   * console.log(claims.username, permissions); // laika [ 'orders:read', 'orders:notes:*' ]
   * ```
   */
  verify(token: string): Promise<VerifiedToken<C>>;
  /**
   * The same without fetching: `keys_unavailable` or `status_unavailable` when they are not there. The
   * next `refresh()` brings what was missed: keys, which then serve for a day at most, and the status
   * list that the token names, which serves for 9 s. So call it again and again.
   *
   * @example
   * ```ts
   * await verifier.refresh(); // and again every few seconds
   * console.log(verifier.verifySync(token).claims.username); // laika
   * ```
   */
  verifySync(token: string): VerifiedToken<C>;
  /**
   * What the policy says of a request; a bad token is a decision, never an exception.
   *
   * @example
   * ```ts
   * const { allowed, status, missing } = await verifier.authorize(token, { method: "DELETE", path: "/orders/7" });
   * console.log(allowed, status, missing); // false 403 [ 'orders:cancel' ]
   * ```
   */
  authorize(token: string | undefined, request: AuthorizeRequest): Promise<Decision<C>>;
  /**
   * The same without fetching: see `verifySync` for when to call `refresh()`.
   *
   * @example
   * ```ts
   * await verifier.refresh();
   * const { allowed, rule } = verifier.authorizeSync(token, { method: "GET", path: "/orders?page=2" });
   * console.log(allowed, rule); // true list
   * ```
   */
  authorizeSync(token: string | undefined, request: AuthorizeRequest): Decision<C>;
  /**
   * Whether a grant of `token` covers `permission`.
   *
   * @throws {TypeError} when `token` was not made by this verifier
   * @throws {LaikaError} `policy_invalid` when `permission` is malformed
   *
   * @example
   * ```ts
   * const verified = await verifier.verify(token);
   * console.log(verifier.can(verified, "orders:read"), verifier.can(verified, "orders:cancel")); // true false
   * ```
   */
  can(token: VerifiedToken<C>, permission: string): boolean;
  /**
   * Fetches keys now, and the status lists that are kept or were missed. Never fails for an endpoint that does: what is held goes on.
   *
   * @example
   * ```ts
   * // At the start, so that the first request waits for nothing.
   * await verifier.refresh();
   * console.log(verifier.stats().keySetFetches); // 1
   * ```
   */
  refresh(): Promise<void>;
  /**
   * Counters since the verifier was made.
   *
   * @example
   * ```ts
   * await verifier.verify(token);
   * await verifier.verify(token);
   * console.log(verifier.stats().cacheHits); // 1
   * ```
   */
  stats(): Stats;
  /**
   * Gives the memory back at once; never needed for correctness.
   *
   * @example
   * ```ts
   * verifier.free();
   * console.log(await verifier.verify(token).catch(({ message }) => message)); // this verifier was freed: make another
   * ```
   */
  free(): void;
  /**
   * `free`, for `using`.
   *
   * @example
   * ```ts
   * import { createVerifier } from "laika-verifier";
   *
   * {
   *   using verifier = await createVerifier({ issuers: { issuer, audience: "orders", jwksUri } });
   *   console.log((await verifier.verify(token)).claims.username); // laika
   * }
   * ```
   */
  [Symbol.dispose](): void;
}

/**
 * What is asked of a policy.
 *
 * @example
 * ```ts
 * import type { AuthorizeRequest } from "laika-verifier";
 *
 * const request: AuthorizeRequest = { method: "GET", path: "/orders?page=2", host: "api.example.com" };
 * console.log((await verifier.authorize(token, request)).allowed); // true
 * ```
 */
export interface AuthorizeRequest {
  method: string;
  /** The raw request target, with its escapes: `/orders/4%20a?page=2`. */
  path: string;
  /** Without port. */
  host?: string | undefined;
}

/**
 * A token of which everything was proved. Frozen; the same object may come again for the same token.
 *
 * @example
 * ```ts
 * import { createVerifier, type VerifiedToken } from "laika-verifier";
 *
 * const greeting = ({ claims }: VerifiedToken<{ tenant: string }>) => `${claims.username} of ${claims.tenant}`;
 * const verifier = await createVerifier<{ tenant: string }>({ issuers: { issuer, audience: "orders", jwksUri } });
 * console.log(greeting(await verifier.verify(token))); // laika of acme
 * ```
 */
export interface VerifiedToken<C = {}> {
  readonly header: TokenHeader;
  readonly claims: StandardClaims & C;
  readonly issuer: string;
  readonly subject: string;
  /** As granted: may end in `*`; ask `can`. */
  readonly permissions: readonly string[];
  readonly roles: readonly string[];
  /** Unix seconds. */
  readonly expiresAt: number;
}

/**
 * The header of a token (RFC 7515 section 4).
 *
 * @example
 * ```ts
 * import type { TokenHeader } from "laika-verifier";
 *
 * const { alg, kid }: TokenHeader = (await verifier.verify(token)).header;
 * console.log(alg, kid); // EdDSA k1
 * ```
 */
export interface TokenHeader {
  readonly alg: string;
  readonly kid?: string;
  readonly typ?: string;
  readonly [member: string]: unknown;
}

/**
 * Claims of an access token (RFC 9068) and those of Laika.
 *
 * @example
 * ```ts
 * import type { StandardClaims } from "laika-verifier";
 *
 * const nameOf = ({ username, sub }: StandardClaims): string => username ?? sub;
 * console.log(nameOf((await verifier.verify(token)).claims)); // laika
 * ```
 */
export interface StandardClaims {
  readonly iss: string;
  readonly sub: string;
  /** Absent with the profile `cognito`, whose audience is `client_id`. */
  readonly aud?: string | readonly string[];
  readonly exp: number;
  readonly iat?: number;
  readonly nbf?: number;
  readonly jti?: string;
  readonly sid?: string;
  readonly client_id?: string;
  readonly type?: string;
  readonly username?: string;
  readonly anonymous?: boolean;
  readonly roles?: readonly string[];
  readonly level?: number;
  readonly permissions?: readonly string[];
  readonly scope?: string;
  readonly auth_time?: number;
  readonly amr?: readonly string[];
  readonly acr?: string;
}

/**
 * What a policy says of a request. Frozen.
 *
 * @example
 * ```ts
 * import type { Decision } from "laika-verifier";
 *
 * const answer = ({ allowed, status, challenge }: Decision): Response =>
 *   allowed ? new Response("hello") : new Response(null, { status, headers: challenge ? { "www-authenticate": challenge } : {} });
 * const { status, headers } = answer(await verifier.authorize(undefined, { method: "GET", path: "/orders" }));
 * console.log(status, headers.get("www-authenticate")); // 401 Bearer
 * ```
 */
export interface Decision<C = {}> {
  readonly allowed: boolean;
  /** The answer to give. */
  readonly status: 200 | 400 | 401 | 403 | 503;
  /** Why not; also why a token was ignored where anyone may pass. */
  readonly code?: LaikaErrorCode;
  /** The rule that decided. */
  readonly rule?: string;
  /** What the token lacks. */
  readonly missing?: readonly string[];
  /** The value of `WWW-Authenticate`. */
  readonly challenge?: string;
  /** The token, where one was verified. */
  readonly token?: VerifiedToken<C>;
}

/**
 * Counters since the verifier was made.
 *
 * @example
 * ```ts
 * import type { Stats } from "laika-verifier";
 *
 * await verifier.verify(token);
 * await verifier.verify(token);
 * const { keySetFetches, cacheHits }: Stats = verifier.stats();
 * console.log(keySetFetches, cacheHits); // 1 1
 * ```
 */
export interface Stats {
  /** Tokens that were verified before, and still hold. */
  readonly cacheHits: number;
  /** Good tokens that had to be verified. */
  readonly cacheMisses: number;
  /** Key sets that were fetched and taken. */
  readonly keySetFetches: number;
  /** Status lists that were fetched and taken. */
  readonly statusListFetches: number;
  /** How often a list was used that was too old, because no other could be had. */
  readonly staleStatusUses: number;
}
