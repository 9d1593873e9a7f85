// The npm package in Node, in a service that shares a secret with the issuer (HS256).
import { createVerifier } from "laika-verifier";
import { serve } from "./serve.mjs";

const [issuer, secret, policy] = process.argv.slice(2);
const verifier = await createVerifier({
  issuers: {
    issuer, audience: "depot", status: "required",
    secret: new Uint8Array(Buffer.from(secret, "base64url")),
  },
  policy,
});
serve((token, request) => verifier.authorize(token, request));
