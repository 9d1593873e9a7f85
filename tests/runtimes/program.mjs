// The one program that runs everywhere: it uses the package as an application does and says what it
// saw, as plain JSON.

/** What `laika`, the package's exports, does in the `scene` that `scene.mjs` has set. */
export async function program(laika, scene) {
  const { createVerifier, decodeUnverified, LaikaError } = laika;
  const { issuer, audience, jwks, jwksUri, brokenUri, statusUri, policy, tokens } = scene;
  const codeOf = async (work) => {
    try {
      await work();
      return "none";
    } catch (error) {
      return error instanceof LaikaError ? error.code : `not ours: ${error}`;
    }
  };

  // Before there is a verifier: what compiles the module here can't wait.
  const decoded = decodeUnverified(tokens.forged).claims.username;

  const remote = await createVerifier({ issuers: { issuer, audience, jwksUri }, policy });
  const early = await codeOf(() => remote.verifySync(tokens.good));
  await remote.refresh();
  const late = remote.verifySync(tokens.good).claims.username;

  const fetching = await createVerifier({ issuers: { issuer, audience, jwksUri }, policy });
  const verified = await fetching.verify(tokens.good);
  const decide = async (token, method, path) => {
    const { token: verified, ...decision } = await fetching.authorize(token, { method, path });
    return { ...decision, caller: verified?.claims.username ?? "none" };
  };

  const listing = await createVerifier({ issuers: { issuer, audience, jwksUri, statusUris: [statusUri] } });
  const listed = await Promise.all(tokens.listed.map((token) => codeOf(() => listing.verify(token))));

  const fixed = await createVerifier({ issuers: { issuer, audience, jwks } });
  const broken = await createVerifier({ issuers: { issuer, audience, jwksUri: brokenUri }, policy });
  const unavailable = await broken.authorize(tokens.good, { method: "GET", path: "/orders" });

  const seen = {
    refreshed: { early, late, keySetFetches: remote.stats().keySetFetches },
    verified: {
      subject: verified.subject,
      claims: verified.claims,
      algorithm: verified.header.alg,
      frozen: Object.isFrozen(verified) && Object.isFrozen(verified.claims.permissions),
    },
    fixed: fixed.verifySync(tokens.rsa).header.alg,
    listed,
    listFetches: listing.stats().statusListFetches,
    refused: {
      expired: await codeOf(() => fetching.verify(tokens.expired)),
      forged: await codeOf(() => fetching.verify(tokens.forged)),
      foreign: await codeOf(() => fetching.verify(tokens.foreign)),
      none: await codeOf(() => fetching.verify("")),
      unavailable: await codeOf(() => broken.verify(tokens.good)),
      options: await codeOf(() => createVerifier({ issuers: { issuer, audience, jwks }, unknown: 1 })),
    },
    decisions: {
      allowed: await decide(tokens.good, "GET", "/orders?page=2"),
      missing: await decide(tokens.good, "DELETE", "/orders/7"),
      anonymous: await decide(undefined, "GET", "/orders"),
      expired: await decide(tokens.expired, "GET", "/orders"),
      unclear: await decide(tokens.good, "GET", "/orders/%2e%2e"),
      unavailable: { status: unavailable.status, code: unavailable.code },
    },
    can: [fetching.can(verified, "orders:read"), fetching.can(verified, "orders:cancel")],
    decoded,
  };
  for (const verifier of [remote, fetching, listing, fixed]) verifier[Symbol.dispose]();
  broken.free();
  return { ...seen, disposed: await codeOf(() => fixed.verifySync(tokens.rsa)) };
}
