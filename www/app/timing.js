// How long a verification takes on this machine. The browser's clock is coarse (0.1 ms and more),
// so one call can't be measured: the mean of as many as fit in a moment can.

import { offlineVerifier } from "./verifiers.js";

const MOMENT = 40;
const AT_MOST = 2000;

/** Mean milliseconds of `verifySync` with the keys at hand, of a token as if seen for the first time. */
export async function measure({ text, audience, jwks }) {
  const verifier = await offlineVerifier({ audience, jwks, cache: false });
  try {
    return mean(() => verifier.verifySync(text));
  } finally {
    verifier.free();
  }
}

function mean(work) {
  work();
  const began = performance.now();
  let count = 0;
  let passed = 0;
  while (passed < MOMENT && count < AT_MOST) {
    work();
    count += 1;
    passed = performance.now() - began;
  }
  return passed / count;
}
