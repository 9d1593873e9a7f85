// A token of each algorithm, made by the `openssl` program with new keys: `[{alg, keys, token}]`,
// where `keys` are options of a verifier. The first argument is the claims, JSON text.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";

const claims = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "laika-openssl-"));
const [key, input] = [join(folder, "key.pem"), join(folder, "input")];
const openssl = (...words) => execFileSync("openssl", words, { stdio: ["ignore", "pipe", "ignore"] });
const encode = (text) => Buffer.from(text).toString("base64url");
const pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
const rsa = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const ec = (curve) => ["EC", "-pkeyopt", `ec_paramgen_curve:${curve}`];
const dgst = (hash, options = []) => () => openssl("dgst", `-sha${hash}`, "-sign", key, ...options, input);
const ALGORITHMS = {
  RS256: [rsa, dgst(256)],
  RS384: [rsa, dgst(384)],
  RS512: [rsa, dgst(512)],
  PS256: [rsa, dgst(256, pss)],
  PS384: [rsa, dgst(384, pss)],
  PS512: [rsa, dgst(512, pss)],
  ES256: [ec("P-256"), () => joined(dgst(256)(), 32)],
  ES384: [ec("P-384"), () => joined(dgst(384)(), 48)],
  EdDSA: [["ED25519"], () => openssl("pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", input)],
};

const made = [];
try {
  for (const [alg, [kind, sign]] of Object.entries(ALGORITHMS)) {
    openssl("genpkey", "-algorithm", ...kind, "-out", key);
    const publicKey = openssl("pkey", "-in", key, "-pubout").toString();
    made.push({ alg, keys: { public_key: publicKey }, token: token(alg, sign) });
  }
  for (const [alg, bytes] of [["HS256", 32], ["HS384", 48], ["HS512", 64]]) {
    const secret = randomBytes(bytes);
    const hexkey = `hexkey:${secret.toString("hex")}`;
    const sign = () => openssl("dgst", `-sha${alg.slice(2)}`, "-mac", "HMAC", "-macopt", hexkey, "-binary", input);
    made.push({ alg, keys: { secret: secret.toString("base64url") }, token: token(alg, sign) });
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(JSON.stringify(made));

function token(alg, sign) {
  const text = `${encode(JSON.stringify({ alg, typ: "at+jwt" }))}.${encode(claims)}`;
  writeFileSync(input, text);
  return `${text}.${encode(sign())}`;
}

/** `r` and `s` of a signature in DER, each in `bytes` bytes. */
function joined(der, bytes) {
  let at = 2;
  const half = () => {
    const number = der.subarray(at + 2, at + 2 + der[at + 1]);
    at += 2 + number.length;
    const significant = number.length > bytes ? number.subarray(number.length - bytes) : number;
    return Buffer.concat([Buffer.alloc(bytes - significant.length), significant]);
  };
  return Buffer.concat([half(), half()]);
}
