// Compiles, or `npm test` fails: what the entries for Node's frameworks and workers promise.
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { createVerifier } from "laika-verifier";
import type { VerifiedToken, Verifier, VerifierOptions } from "laika-verifier";
import { protect as forExpress } from "laika-verifier/middleware/express";
import { protect as forFastify } from "laika-verifier/middleware/fastify";
import { protect as forHono, type LaikaVariables } from "laika-verifier/middleware/hono";
import { protect as forWorker, type GuardSettings } from "laika-verifier/worker";

interface MyClaims {
  tenant: string;
}
interface Env {
  ISSUER: string;
}
const options: VerifierOptions = { issuers: { issuer: "i", audience: "a", jwks: { keys: [] } } };
const settings: GuardSettings = { realm: "orders", tokenFrom: [{ header: "authorization", scheme: "Bearer" }, { cookie: "micro" }] };

export async function everyFace(): Promise<void> {
  const verifier: Verifier<MyClaims> = await createVerifier<MyClaims>(options);

  const guard = forExpress({ verifier, ...settings });
  const app = express();
  app.use(guard);
  app.use("/api", express.Router().use(forExpress(options)));
  app.get("/orders", guard, (request, response) => {
    const subject: string | undefined = request.laika?.subject;
    const tenant: string | undefined = guard.token(request)?.claims.tenant;
    response.send(`${subject} ${tenant}`);
    // @ts-expect-error: no such claim
    guard.token(request)?.claims.tennant;
    // @ts-expect-error: a token may be absent
    request.laika.subject;
  });

  const plugin = forFastify(verifier);
  const fastify = Fastify();
  await fastify.register(plugin);
  fastify.get("/orders", async (request) => {
    const standard: VerifiedToken | undefined = request.laika;
    return `${standard?.subject} ${plugin.token(request)?.claims.tenant}`;
  });

  new Hono().use(forHono(verifier)).get("/orders", (c) => {
    const tenant: string | undefined = c.get("token")?.claims.tenant;
    return c.text(`${tenant} ${c.var.token?.subject}`);
  });
  const bound = new Hono<{ Bindings: Env; Variables: LaikaVariables<MyClaims> }>();
  bound.use(forHono<MyClaims, Env>((env) => ({ ...options, ...settings, realm: env.ISSUER })));
  bound.use(forHono(verifier));
  bound.use(forHono<MyClaims>({ verifier, realm: "orders" }));
  bound.get("/orders", (c) => c.text(`${c.get("token")?.claims.tenant} ${c.env.ISSUER}`));

  const worker = forWorker(
    {
      fetch: (request, { token, decision, env }) => new Response(`${token?.claims.tenant} ${decision.rule} ${env.ISSUER} ${request.url}`),
      scheduled: () => "done",
    },
    (_: Env) => ({ verifier, ...settings }),
  );
  const done: string = worker.scheduled();
  const answer: Promise<Response> = worker.fetch(new Request("https://a.example"), { ISSUER: "i" }, { waitUntil: () => {} });
  const simple = forWorker((_, { token }) => new Response(`${token?.subject} ${done}`), options);
  void [answer, simple(new Request("https://a.example"), {}, { waitUntil: () => {} })];
}

// What other runtimes declare, as far as it matters here.
declare namespace Deno {
  type ServeHandler = (request: Request, info: { remoteAddr: object; completed: Promise<void> }) => Response | Promise<Response>;
  function serve(handler: ServeHandler): void;
  interface ServeDefaultExport {
    fetch: ServeHandler;
  }
}
declare namespace Bun {
  function serve(options: { fetch(this: object, request: Request, server: { stop(): void }): Response | Promise<Response> }): void;
}
declare const event: { request: Request; respondWith(answer: Response | Promise<Response>): void };
interface ExportedHandler<E> {
  fetch?: (request: Request, env: E, ctx: { waitUntil(work: Promise<unknown>): void; props: object }) => Response | Promise<Response>;
}

export function everyRuntime(): object[] {
  const handler = forWorker((_, { token }) => new Response(token?.subject), options);
  Deno.serve(handler);
  Deno.serve(forWorker((_, { token }) => new Response(token?.subject), options));
  Bun.serve({ fetch: handler });
  event.respondWith(handler(event.request));
  return [
    forWorker({ fetch: () => new Response() }, options) satisfies Deno.ServeDefaultExport,
    forWorker({ fetch: () => new Response() }, (env: Env) => ({ ...options, realm: env.ISSUER })) satisfies ExportedHandler<Env>,
  ];
}

export function wrong(verifier: Verifier): void {
  // @ts-expect-error: neither a verifier nor options
  forExpress({ realm: "orders" });
  // @ts-expect-error: no such setting
  forFastify({ verifier, relm: "orders" });
  // @ts-expect-error: a cookie has no scheme
  forHono({ verifier, tokenFrom: [{ cookie: "micro", scheme: 7 }] });
  // @ts-expect-error: a handler answers
  forWorker(() => {}, verifier);
}
