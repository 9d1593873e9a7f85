// From nothing to the first verified token, and the memory that a verifier takes: the same in every
// runtime, each time in a process, page or worker that has not done it before.

import { summary } from "./cases.mjs";

const KIB = 1024;

/**
 * Milliseconds to compile the module, and from there (instance, options, keys, token) to the first
 * verified token; and kibibytes of its memory after many more. `laika` is `laika-verifier/slim`, the
 * module is its bytes.
 */
export async function first({ createVerifier, loadModule }, module, scene, now) {
  const memories = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...all) {
      super(...all);
      memories.push(this.exports.memory);
    }
  };
  const { jwk, fresh } = scene.algorithms.RS256;
  const options = { issuers: { issuer: scene.issuer, audience: scene.audience, jwks: { keys: [jwk, ...scene.others] } } };
  const [token, ...more] = fresh.flat();
  const start = now();
  await loadModule(module);
  const compiled = now();
  const verifier = await createVerifier(options);
  verifier.verifySync(token);
  const verified = now();
  for (const token of more) verifier.verifySync(token);
  return { compile: compiled - start, first: verified - compiled, memory: memories[0].buffer.byteLength / KIB };
}

/** What many of them have answered, as rows of the report. */
export function startRows(answers, keys, tokens) {
  return [
    startRow("start: the module's bytes to the compiled module", "ms", answers.map(({ compile }) => compile)),
    startRow("start: compiled module to the first verified token", "ms", answers.map(({ first }) => first)),
    startRow(`wasm memory with ${keys} keys and ${tokens} tokens through the default cache`, "KiB", answers.map(({ memory }) => memory)),
  ];
}

/** Figures that are ours alone. */
export function startRow(name, unit, list) {
  return { name, unit, figures: { "laika-verifier": summary(list) }, failed: {} };
}
