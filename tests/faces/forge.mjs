// Tokens that npm `jose` makes, and an issuer of its own: a key set over HTTP.
//
// Prints `ready URL`, and then one line of JSON: `{kid, tokens: [{name, token, code}]}`, where
// `code` is what every face must refuse the token with, or null. `foreign` are tokens for the
// issuer that is named in the arguments, signed with a key that is not its own.
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

const [issuer, kid, alg] = process.argv.slice(2);
const now = Math.floor(Date.now() / 1000);
const ours = await generateKeyPair("RS256", { extractable: true });
const foreign = await generateKeyPair(alg, { extractable: true });
const jwk = { ...(await exportJWK(ours.publicKey)), kid: "jose-1", alg: "RS256", use: "sig" };

const server = createServer((request, response) => {
  const headers = { "content-type": "application/json", "access-control-allow-origin": "*", "cache-control": "max-age=300" };
  response.writeHead(request.url === "/.well-known/jwks.json" ? 200 : 404, headers).end(JSON.stringify({ keys: [jwk] }));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const self = `http://127.0.0.1:${server.address().port}`;

const claims = (iss) => ({
  iss, sub: "0b4b5d5e-8a38-4c55-9d4f-5a4c7a0d6b11", aud: ["orders"], iat: now, exp: now + 600, jti: "1",
  type: "micro", roles: [], permissions: ["orders:read"],
});
const sign = (payload, header, key) => new SignJWT(payload).setProtectedHeader(header).sign(key);
const header = { alg: "RS256", kid: "jose-1", typ: "at+jwt" };
const mine = (changes = {}, headerChanges = {}) => sign({ ...claims(self), ...changes }, { ...header, ...headerChanges }, ours.privateKey);
const theirs = (name) => sign(claims(issuer), { alg, kid: name, typ: "at+jwt" }, foreign.privateKey);

const tokens = [
  { name: "good", token: await mine(), code: null },
  { name: "wrong audience", token: await mine({ aud: ["billing"] }), code: "audience_mismatch" },
  { name: "wrong issuer", token: await mine({ iss: "https://evil.example" }), code: "issuer_mismatch" },
  { name: "main token", token: await mine({ type: "main" }), code: "type_mismatch" },
  { name: "typ JWT", token: await mine({}, { typ: "JWT" }), code: "type_mismatch" },
  { name: "expired", token: await mine({ iat: now - 900, exp: now - 300 }), code: "expired" },
  { name: "not yet valid", token: await mine({ nbf: now + 900 }), code: "not_yet_valid" },
  { name: "from the future", token: await mine({ iat: now + 900, exp: now + 1200 }), code: "issued_in_future" },
  { name: "exp as text", token: await mine({ exp: String(now + 600) }), code: "claim_invalid" },
  { name: "no sub", token: await mine({ sub: undefined }), code: "claim_missing" },
  { name: "unknown kid", token: await mine({}, { kid: "jose-9" }), code: "key_not_found" },
  { name: "foreign key", token: await sign(claims(self), header, (await generateKeyPair("RS256")).privateKey), code: "signature_invalid" },
];
const against = [
  { name: "foreign key under the issuer's kid", token: await theirs(kid), code: "signature_invalid" },
  { name: "foreign key under its own kid", token: await theirs("jose-1"), code: "key_not_found" },
];
console.log(`ready ${self}`);
console.log(JSON.stringify({ tokens, foreign: against }));
