import type { Decision } from "../types.js";

/** An answer to a request that may not go on. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `application/problem+json` (RFC 9457). */
  readonly body: string;
}

const TITLES = { 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 503: "Service Unavailable" };

/** The answer to a denial: that of `bearer::problem` in Rust, byte for byte. */
export function answerTo(decision: Decision<unknown>, realm: string | undefined): Answer {
  const { code = "permission_denied", challenge, missing = [] } = decision;
  // What is denied is never answered as if it were not.
  const status = decision.status === 200 ? 503 : decision.status;
  const problem = {
    code,
    ...(missing.length > 0 && { missing }),
    status,
    title: TITLES[status],
    type: "about:blank",
  };
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(challenge !== undefined && { "www-authenticate": withRealm(challenge, realm) }),
    },
    body: JSON.stringify(problem),
  };
}

/** `Bearer error="…"` with the realm as its first parameter, without what would need escaping. */
function withRealm(challenge: string, realm: string | undefined): string {
  if (realm === undefined) return challenge;
  const parameter = `realm="${realm.replaceAll(/[^ -~]|["\\]/g, "")}"`;
  const parameters = challenge.slice("Bearer ".length);
  return parameters === "" ? `Bearer ${parameter}` : `Bearer ${parameter}, ${parameters}`;
}
