// Verifiers that get their tokens from the module in every way that there is; throws where one is not marked.
import { createVerifier } from "laika-verifier";

const policy = { version: 1, rules: [], otherwise: "authenticated" };
const request = { method: "GET", path: "/" };

export default {
  async test(_, { GIVEN }) {
    const { options, tokens } = GIVEN;
    const frozen = Object.freeze({});
    const Given = function () { return frozen; };
    let throws = false;
    try {
      new (class extends Given { #mark = 1; })();
    } catch {
      throws = true;
    }
    if (!throws) throw new Error("this engine marks what is frozen");
    const can = (verifier, token) => {
      if (!verifier.can(token, "orders:read")) throw new Error("the token grants nothing");
      if (!Object.isFrozen(token)) throw new Error("the token is not frozen");
    };
    const of = (issuer = {}, more = {}) => createVerifier({ issuers: { ...options, ...issuer }, policy, ...more });
    for (const verifier of [await of(), await of({}, { cache: false }), await of({ mayAssert: { permissions: ["*"] } })]) {
      can(verifier, (await verifier.authorize(tokens.own, request)).token);
      can(verifier, await verifier.verify(tokens.own));
    }
    const other = await of({ profile: "auth0", typ: ["at+jwt"] });
    can(other, other.verifySync(tokens.other));
  },
};
