// Verifies a micro token with npm `jose`, as a consumer that knows only the standards would: keys
// by the issuer's metadata (RFC 8414), profile of RFC 9068.
import { createRemoteJWKSet, jwtVerify } from "jose";

const [issuer, token] = process.argv.slice(2);
const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
if (metadata.issuer !== issuer) throw new Error(`the metadata is of ${metadata.issuer}`);
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
const { payload } = await jwtVerify(token, keys, { issuer, audience: "orders", typ: "at+jwt" });
console.log(JSON.stringify(payload));
