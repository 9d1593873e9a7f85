// Damaged tokens: whatever is changed in a token, the packed package must refuse it with a code.

import { createVerifier, LaikaError } from "laika-verifier";
import { AUDIENCE, ISSUER, randomFrom, signers } from "./token.mjs";

const seconds = Number(process.argv[2]);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 32);
const random = randomFrom(seed);
const CHANGES = [flipBit, flipDecodedBit, replace, insert, remove, truncate, exchangePart, repeatPart];
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const all = signers();
const tokens = all.flatMap(({ mint }) => Array.from({ length: 200 }, () => mint()));
const genuine = new Set(tokens);
const verifier = await createVerifier({
  issuers: { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: all.map(({ jwk }) => jwk) } },
});
for (const token of tokens) verifier.verifySync(token);

const codes = new Map();
let tried = 0;
const end = Date.now() + seconds * 1000;
while (Date.now() < end) {
  for (let i = 0; i < 1_000; i++) {
    let token = pick(tokens);
    for (let changes = 1 + random(3); changes > 0; changes--) token = pick(CHANGES)(token);
    if (genuine.has(token)) continue;
    tried++;
    const code = refusal(token);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
}

const seen = [...codes].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`);
console.log(JSON.stringify({
  what: "damaged tokens through the packed npm package",
  result: `${tried} tried (seed ${seed}), none accepted; ${seen.join(", ")}`,
  ok: tried > 0,
}));

function refusal(token) {
  try {
    verifier.verifySync(token);
  } catch (error) {
    if (error instanceof LaikaError) return error.code;
    throw new Error(`seed ${seed}: no LaikaError for ${JSON.stringify(token)}`, { cause: error });
  }
  throw new Error(`seed ${seed}: accepted ${JSON.stringify(token)}`);
}

function flipBit(token) {
  const bytes = Buffer.from(token);
  if (bytes.length > 0) bytes[random(bytes.length)] ^= 1 << random(8);
  return bytes.toString("latin1");
}

/** Keeps the token well-formed: the damage is in what its base64url says. */
function flipDecodedBit(token) {
  const parts = token.split(".");
  const which = random(parts.length);
  const bytes = Buffer.from(parts[which], "base64url");
  if (bytes.length > 0) bytes[random(bytes.length)] ^= 1 << random(8);
  parts[which] = bytes.toString("base64url");
  return parts.join(".");
}

function replace(token) {
  const at = random(token.length);
  return token.slice(0, at) + pick(ALPHABET) + token.slice(at + 1);
}

function insert(token) {
  const at = random(token.length + 1);
  return token.slice(0, at) + pick(ALPHABET + ".= \n\0%é") + token.slice(at);
}

function remove(token) {
  const at = random(token.length);
  return token.slice(0, at) + token.slice(at + 1 + random(4));
}

function truncate(token) {
  return token.slice(0, random(token.length + 1));
}

/** A part of another genuine token in place of this one's. */
function exchangePart(token) {
  const parts = token.split(".");
  const which = random(parts.length);
  parts[which] = pick(tokens).split(".")[which] ?? "";
  return parts.join(".");
}

function repeatPart(token) {
  const parts = token.split(".");
  parts.splice(random(parts.length + 1), 0, pick(parts));
  return parts.join(".");
}

function pick(list) {
  return list[random(list.length)];
}
