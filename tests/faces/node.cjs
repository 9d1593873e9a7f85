// The npm package in Node, as a CommonJS module.
const { createVerifier } = require("laika-verifier");

async function main() {
  const { options, serve } = await import("./serve.mjs");
  const verifier = await createVerifier(options(process.argv.slice(2)));
  serve((token, request) => verifier.authorize(token, request));
}

main();
