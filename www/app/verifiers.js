// The npm package, set up for this issuer. Nothing else in the page knows how.

import { createVerifier } from "../laika-verifier/index.js";
import * as api from "./api.js";
import { observedFetch } from "./wire.js";

let metadata;

/** The issuer's metadata (RFC 8414), read once; a failure is not remembered. */
export function issuerMetadata() {
  metadata ??= api.metadata().catch((error) => {
    metadata = undefined;
    throw error;
  });
  return metadata;
}

/** The issuer's key set as it is now. */
export async function keySet() {
  return api.keySet((await issuerMetadata()).jwks_uri);
}

/** A verifier as a service would set it up: it fetches keys when it needs them. */
export async function fetchingVerifier(audience) {
  const { issuer, jwks_uri: jwksUri } = await issuerMetadata();
  return createVerifier({ issuers: { issuer, audience, jwksUri }, fetch: observedFetch });
}

/** A verifier with the keys given: it never reaches for the network. */
export async function offlineVerifier({ audience, jwks, ...options }) {
  const { issuer } = await issuerMetadata();
  return createVerifier({ issuers: { issuer, audience, jwks }, fetch: observedFetch, ...options });
}
