// The npm package in a page in Chromium, under a strict Content-Security-Policy.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { options, serve } from "./serve.mjs";

const settings = options(process.argv.slice(2));
const dist = dirname(createRequire(import.meta.url).resolve("laika-verifier"));

const site = createServer(async ({ url }, response) => {
  if (url === "/") {
    const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src ${new URL(settings.issuers.jwksUri).origin}`;
    response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy });
    return response.end("<!doctype html><title>laika</title>");
  }
  const script = url.startsWith("/laika-verifier/") && (await readFile(join(dist, url.slice(15))).catch(() => undefined));
  response.writeHead(script ? 200 : 404, { "content-type": "text/javascript" }).end(script || "");
});
await new Promise((listening) => site.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({
  executablePath: process.env.LAIKA_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
// Whoever started this ends it by a signal; the browser goes with it.
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => browser.close().finally(() => process.exit(0)));
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${site.address().port}/`);
await page.evaluate(async (settings) => {
  const { createVerifier } = await import("/laika-verifier/index.js");
  globalThis.verifier = await createVerifier(settings);
}, settings);

serve((token, request) =>
  // `undefined` does not cross to the page; `null` does.
  page.evaluate(([token, request]) => globalThis.verifier.authorize(token ?? undefined, request), [token ?? null, request]),
);
