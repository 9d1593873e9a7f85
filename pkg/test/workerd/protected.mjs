// A worker behind `protect`, as a user would write it; it answers with what it is told.
import { protect } from "laika-verifier/worker";

export default protect(
  {
    async fetch(request, { token, decision, env, ctx }) {
      ctx.waitUntil(Promise.resolve());
      return Response.json({ subject: token?.subject ?? null, url: request.url, rule: decision.rule, bound: env.BOUND ?? null });
    },
  },
  ({ SOURCE }) => SOURCE,
);
