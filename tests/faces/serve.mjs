// The HTTP server round a face: it answers each request with what the verifier decides.
import { createServer } from "node:http";
import { answer, bearer } from "./decide.mjs";

/** Serves `decide(token, request)` on a free port and says so. */
export function serve(decide) {
  const server = createServer(async ({ method, url, headers }, response) => {
    const { status, headers: answered, body } = answer(await decide(bearer(headers.authorization), { method, path: url }));
    response.writeHead(status, answered).end(body);
  });
  server.listen(0, "127.0.0.1", () => console.log(`ready http://127.0.0.1:${server.address().port}`));
}

/** Options for `createVerifier`, from the arguments that every face takes: issuer, key set, policy. */
export function options([issuer, jwksUri, policy]) {
  return { issuers: { issuer, audience: "orders", jwksUri }, policy };
}
