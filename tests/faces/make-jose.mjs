// A token of each algorithm, made by npm `jose` with new keys: `[{alg, keys, token}]`, where `keys`
// are options of a verifier. The first argument is the claims, JSON text.
import { exportJWK, generateKeyPair, SignJWT } from "jose";

const claims = JSON.parse(process.argv[2]);
const sign = (alg, header, key) => new SignJWT(claims).setProtectedHeader({ alg, typ: "at+jwt", ...header }).sign(key);
const made = [];
for (const alg of ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519"]) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "1", alg, use: "sig" };
  made.push({ alg, keys: { jwks: { keys: [jwk] } }, token: await sign(alg, { kid: "1" }, privateKey) });
}
for (const [alg, bytes] of [["HS256", 32], ["HS384", 48], ["HS512", 64]]) {
  const secret = crypto.getRandomValues(new Uint8Array(bytes));
  made.push({ alg, keys: { secret: Buffer.from(secret).toString("base64url") }, token: await sign(alg, {}, secret) });
}
console.log(JSON.stringify(made));
