// The npm package in Node, as an ES module.
import { createVerifier } from "laika-verifier";
import { options, serve } from "./serve.mjs";

const verifier = await createVerifier(options(process.argv.slice(2)));
serve((token, request) => verifier.authorize(token, request));
