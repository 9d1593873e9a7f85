// Verifies a micro token's signature with the `openssl` program and the issuer's PEM key.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [issuer, token] = process.argv.slice(2);
const pem = await (await fetch(`${issuer}/v1/public-key`)).text();
const [header, payload, signature] = token.split(".");
const folder = mkdtempSync(join(tmpdir(), "laika-openssl-"));
const file = (name, content) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const key = file("key.pem", pem);
const input = file("input", `${header}.${payload}`);
const signed = file("signature", Buffer.from(signature, "base64url"));
const { alg } = JSON.parse(Buffer.from(header, "base64url"));
const command =
  alg === "RS256"
    ? ["dgst", "-sha256", "-verify", key, "-signature", signed, input]
    : ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", input, "-sigfile", signed];
try {
  execFileSync("openssl", command, { stdio: ["ignore", "ignore", "inherit"] });
  console.log("verified");
} finally {
  rmSync(folder, { recursive: true });
}
