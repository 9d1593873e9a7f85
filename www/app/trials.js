// Ways to make a token that must be refused. Each returns what to ask: `{ text, explanation }`, and
// where it matters another `audience`, another clock (`later`, seconds) or the position `flipped`.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export const trials = [
  { id: "flip", label: "Flip one character", make: flip },
  { id: "promote", label: "Grant myself everything", make: promote },
  { id: "none", label: "Sign it with nothing", make: unsigned },
  { id: "elsewhere", label: "Show it to another service", make: elsewhere },
  { id: "later", label: "Come back after it expired", make: later },
];

/** One character, anywhere, becomes its neighbour in the alphabet. */
function flip({ text }) {
  const places = [...text].flatMap((character, index) => (character === "." ? [] : [index]));
  const flipped = places[Math.floor(Math.random() * places.length)];
  const was = text[flipped];
  const now = ALPHABET[(ALPHABET.indexOf(was) + 1) % ALPHABET.length];
  const part = ["header", "payload", "signature"][text.slice(0, flipped).split(".").length - 1];
  return {
    text: text.slice(0, flipped) + now + text.slice(flipped + 1),
    flipped,
    explanation: `Character ${flipped + 1} of ${text.length}, in the ${part}: ${was} became ${now}.`,
  };
}

/** The payload is rewritten, the signature kept. */
function promote({ text }) {
  const [header, payload, signature] = text.split(".");
  const claims = { ...decode(payload), permissions: ["*"] };
  return {
    text: [header, encode(claims), signature].join("."),
    explanation: "The payload now says permissions [\"*\"]; the signature is still the old one.",
    reads: "permissions",
  };
}

/** `alg: none`, the oldest trick (RFC 8725 section 2.1). */
function unsigned({ text }) {
  const [header, payload] = text.split(".");
  return {
    text: [encode({ ...decode(header), alg: "none" }), payload, ""].join("."),
    explanation: "The header says alg \"none\" and the signature is gone.",
  };
}

function elsewhere({ text, audience }) {
  const other = `not-${audience}`;
  return { text, audience: other, explanation: `The token is untouched; the verifier belongs to the service ${other}.` };
}

function later({ text, receivedAt, expiresAt }) {
  const seconds = Math.ceil((expiresAt - receivedAt) / 1000) + 1;
  return { text, later: seconds, explanation: `The token is untouched; the verifier's clock is ${seconds} s ahead.` };
}

function decode(part) {
  const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function encode(object) {
  const bytes = new TextEncoder().encode(JSON.stringify(object));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
