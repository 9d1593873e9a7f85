// The golden vectors that crate, filter and issuer read as well.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { createVerifier } from "laika-verifier";

const folder = new URL("../../tests/vectors/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
let read = 0;

for (const file of files) {
  const { options, served, cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  if (!options || !cases) continue;
  read += cases.length;
  describe(`vectors of ${file}`, () => {
    for (const { name, token, now, request, ...wanted } of cases) {
      test(name, async () => {
        const verifier = await createVerifier({ ...inCamelCase(options), now: () => now, fetch: answerWith(served) });
        if (request) {
          const decision = await verifier.authorize(token, request);
          for (const member of ["code", "rule", ...Object.keys(wanted.decision)]) {
            assert.deepEqual(decision[member], wanted.decision[member], `${member} of ${JSON.stringify(decision)}`);
          }
          return;
        }
        const verified = await verifier.verify(token).catch(({ code }) => ({ error: code }));
        assert.deepEqual(verified, wanted.expect.ok ? inCamelCase(wanted.expect.ok) : wanted.expect);
      });
    }
  });
}

test("there are vectors", () => assert.ok(read > 0, `none in ${files}`));

/** A `fetch` that answers with what is `served`, by URL. */
function answerWith(served = {}) {
  return async (uri) => new Response(served[uri]?.body ?? "", { status: served[uri]?.status ?? 404 });
}

/** Options as JavaScript names them; what tokens, keys and policies say is not ours to rename. */
function inCamelCase(value) {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== "object" || value === null) return value;
  const verbatim = ["jwks", "policy", "claims", "header"];
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase()),
      name === "secret" ? Buffer.from(inner, "base64url") : verbatim.includes(name) ? inner : inCamelCase(inner),
    ]),
  );
}
