// The npm package's answers to groups of tokens: `[{options, cases: [{now, token}]}]`, a file that
// is named in the arguments. Prints one JSON array for each group: an error's code, or null.
import { readFileSync } from "node:fs";
import { createVerifier } from "laika-verifier";

const groups = JSON.parse(readFileSync(process.argv[2], "utf8"));
const answers = [];
for (const { options, cases } of groups) {
  let now = 0;
  const verifier = await createVerifier({ ...inCamelCase(options), now: () => now });
  const group = [];
  for (const one of cases) {
    now = one.now;
    group.push(await verifier.verify(one.token).then(() => null, ({ code }) => code));
  }
  answers.push(group);
}
console.log(JSON.stringify(answers));

/** Options as JavaScript names them; what keys say is not ours to rename. */
function inCamelCase(value) {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== "object" || value === null) return value;
  const one = ([name, inner]) => [
    name.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase()),
    name === "secret" ? Buffer.from(inner, "base64url") : name === "jwks" ? inner : inCamelCase(inner),
  ];
  return Object.fromEntries(Object.entries(value).map(one));
}
