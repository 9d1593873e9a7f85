// What every face of the tests does with a decision.

/** The answer to a request. */
export function answer({ status, code, challenge, missing, rule }) {
  const headers = { "content-type": "application/problem+json" };
  if (challenge) headers["www-authenticate"] = challenge;
  return { status, headers, body: JSON.stringify({ status, code, missing, rule }) };
}

export const bearer = (authorization) => /^bearer +(.*)$/i.exec(authorization ?? "")?.[1];
