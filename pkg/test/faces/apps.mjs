// A small app behind each face, on a port of loopback: `{ port, stop }`. It answers with the token's
// subject, and with the request as the app sees it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import express5 from "express";
import express4 from "express4";
import Fastify from "fastify";
import { Hono } from "hono";
import { Miniflare } from "miniflare";
import { protect as forExpress } from "laika-verifier/middleware/express";
import { protect as forFastify } from "laika-verifier/middleware/fastify";
import { protect as forHono } from "laika-verifier/middleware/hono";

export const express = (source, version = express5) => {
  const guard = forExpress(source);
  const app = version();
  app.use(guard);
  app.use((request, response) => response.json({ subject: guard.token(request)?.subject ?? null, url: request.originalUrl }));
  return listen(createServer(app));
};

export const oldExpress = (source) => express(source, express4);

export const fastify = async (source) => {
  const guard = forFastify(source);
  const app = Fastify();
  await app.register(guard);
  app.all("/*", async (request) => ({ subject: guard.token(request)?.subject ?? null, url: request.url }));
  await app.listen({ host: "127.0.0.1", port: 0 });
  return { port: app.server.address().port, stop: () => app.close() };
};

export const hono = (source) => {
  const app = new Hono();
  app.use(forHono(source));
  app.all("/*", (c) => c.json({ subject: c.get("token")?.subject ?? null, url: c.req.path }));
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => resolve({ port, stop: () => stop(server) }));
  });
};

/** An app in `workerd`, from what `deployment` made. */
export const worker = async (modules, bindings, options = {}) => {
  const miniflare = new Miniflare({
    modules,
    bindings,
    compatibilityDate: "2024-10-14",
    host: "127.0.0.1",
    port: 0,
    // It complains at length of requests that it refuses.
    handleRuntimeStdio: (...streams) => streams.forEach((stream) => stream.resume()),
    ...options,
  });
  const { port } = await miniflare.ready;
  return { port, miniflare, stop: () => miniflare.dispose() };
};

/** The backend in Rust, behind the layer. */
export const rust = async (issuer, policy) => {
  const program = process.env.LAIKA_ORDERS_BIN ?? fileURLToPath(new URL("../../../target/release/examples/orders", import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), "laika-orders-"));
  const file = join(folder, "policy.json");
  await writeFile(file, JSON.stringify(policy));
  const child = spawn(program, ["--issuer", issuer, "--policy", file, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const line = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended.then(() => [""])]);
  const stop = async () => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true });
  };
  if (!line[0].startsWith("ready ")) {
    await stop();
    throw new Error(`${program} did not start; \`cargo xtask build\` makes it`);
  }
  return { port: Number(new URL(line[0].slice("ready ".length)).port), stop };
};

export async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: server.address().port, stop: () => stop(server) };
}

async function stop(server) {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
