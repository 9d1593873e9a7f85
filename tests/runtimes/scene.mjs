// What the program finds: keys, tokens, a policy, a server on loopback; and what it ought to see.
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { deflateSync } from "node:zlib";

const ISSUER = "https://id.example.com";
const AUDIENCE = "orders";

/** Starts the server and mints the tokens: `{ scene, expected, stop }`, the first two plain JSON. */
export async function setScene() {
  const rsa = signer("RS256", "rsa", generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256");
  const eddsa = signer("EdDSA", "eddsa", generateKeyPairSync("ed25519"), null);
  const jwks = { keys: [rsa.jwk, eddsa.jwk] };
  const server = createServer(({ url }, response) => {
    // A page may ask from another origin.
    const headers = { "content-type": "application/json", "access-control-allow-origin": "*" };
    const body = url === "/jwks.json" ? JSON.stringify(jwks) : url === "/status" ? list() : undefined;
    response.writeHead(body ? 200 : 503, headers).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;

  const claims = claimsAt(Math.floor(Date.now() / 1000));
  const uri = `${origin}/status`;
  /** A status list whose slots 0, 1 and 3 have these values. */
  const list = () => {
    const lst = deflateSync(Buffer.of(0b1100_0100)).toString("base64url");
    return eddsa.mint({ sub: uri, iat: claims.iat, status_list: { bits: 2, lst } }, "statuslist+jwt");
  };
  const inSlot = (idx) => eddsa.mint({ ...claims, status: { status_list: { idx, uri } } });
  const good = eddsa.mint(claims);
  const scene = {
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks,
    jwksUri: `${origin}/jwks.json`,
    brokenUri: `${origin}/broken`,
    statusUri: uri,
    policy: {
      version: 1,
      rules: [
        { id: "list", methods: ["GET"], path: "/orders", require: "orders:read" },
        { id: "cancel", methods: ["DELETE"], path: "/orders/{id}", require: "orders:cancel" },
      ],
    },
    tokens: {
      good,
      rsa: rsa.mint(claims),
      expired: eddsa.mint({ ...claims, exp: claims.iat - 60 }),
      forged: good.replace(/\.[^.]+$/, `.${"A".repeat(86)}`),
      foreign: eddsa.mint({ ...claims, aud: "elsewhere" }),
      listed: [inSlot(0), inSlot(1), inSlot(3), inSlot(4)],
    },
  };
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { scene, expected: expectedWith(claims), origin, stop };
}

function claimsAt(now) {
  return {
    iss: ISSUER,
    sub: "5f0c1f9e-8d39-4b7b-9a62-3d3f1f1d7a11",
    aud: [AUDIENCE],
    exp: now + 600,
    iat: now,
    jti: "e7b8b6a2-36a0-4b86-8f0e-6a3f6f6f0c55",
    client_id: "web",
    type: "micro",
    username: "läika",
    permissions: ["orders:read", "orders:notes:*"],
  };
}

/** What the program says of this scene, whatever runs it. */
function expectedWith(claims) {
  const decision = (members) => ({ allowed: false, caller: "none", ...members });
  return {
    refreshed: { early: "keys_unavailable", late: "läika", keySetFetches: 1 },
    verified: { subject: claims.sub, claims, algorithm: "EdDSA", frozen: true },
    fixed: "RS256",
    listed: ["none", "revoked", "stale", "status_unavailable"],
    listFetches: 1,
    refused: {
      expired: "expired",
      forged: "signature_invalid",
      foreign: "audience_mismatch",
      none: "token_missing",
      unavailable: "keys_unavailable",
      options: "options_invalid",
    },
    decisions: {
      allowed: { allowed: true, status: 200, rule: "list", caller: "läika" },
      missing: decision({
        status: 403,
        code: "permission_denied",
        rule: "cancel",
        caller: "läika",
        missing: ["orders:cancel"],
        challenge: 'Bearer error="insufficient_scope", scope="orders:cancel"',
      }),
      anonymous: decision({ status: 401, code: "token_missing", rule: "list", challenge: "Bearer" }),
      expired: decision({ status: 401, code: "expired", rule: "list", challenge: 'Bearer error="invalid_token"' }),
      unclear: decision({ status: 400, code: "request_invalid", missing: ["the path has an escaped separator or dot"] }),
      unavailable: { status: 503, code: "keys_unavailable" },
    },
    can: [true, false],
    decoded: "läika",
    disposed: "options_invalid",
  };
}

function signer(alg, kid, { publicKey, privateKey }, hash) {
  const jwk = { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" };
  const mint = (claims, typ = "at+jwt") => {
    const text = [{ alg, kid, typ }, claims].map(encode).join(".");
    return `${text}.${sign(hash, Buffer.from(text), privateKey).toString("base64url")}`;
  };
  return { jwk, mint };
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
