// The golden vectors that crate, filter and issuer read as well.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { createVerifier } from "laika-verifier";

const folder = new URL("../../tests/vectors/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
let read = 0;

for (const file of files) {
  const { options, cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  if (!options || !cases) continue;
  read += cases.length;
  describe(`vectors of ${file}`, () => {
    for (const { name, token, now, request, ...wanted } of cases) {
      test(name, async () => {
        const verifier = await createVerifier({ ...inCamelCase(options), now: () => now });
        if (request) return assertMembers(await verifier.authorize(token, request), wanted.decision);
        const verified = await verifier.verify(token).catch(({ code }) => ({ error: code }));
        assertMembers(verified, wanted.expect.ok ? inCamelCase(wanted.expect.ok) : wanted.expect);
      });
    }
  });
}

test("there are vectors", () => assert.ok(read > 0, `none in ${files}`));

/** `actual` has what is wanted; it may have more. */
function assertMembers(actual, wanted) {
  for (const [member, value] of Object.entries(wanted)) assert.deepEqual(actual[member], value, `${member} of ${JSON.stringify(actual)}`);
}

/** Options as JavaScript names them; what tokens, keys and policies say is not ours to rename. */
function inCamelCase(value) {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== "object" || value === null) return value;
  const verbatim = ["jwks", "policy", "claims", "header"];
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase()),
      verbatim.includes(name) ? inner : inCamelCase(inner),
    ]),
  );
}
