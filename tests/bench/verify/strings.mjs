const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Another string of the same text, as a request brings it: what a runtime keeps for a string that it
 * has seen does not help.
 */
export function copied(text) {
  return decoder.decode(encoder.encode(text));
}
