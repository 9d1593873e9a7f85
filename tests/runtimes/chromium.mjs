// A real Chromium, and pages under a strict Content-Security-Policy.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { artifact } from "./project.mjs";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const PAGE = '<!doctype html><title>laika</title><script type="module" src="/main.js"></script>';

/** Opens it; its pages may connect to where they come from and to `origin`. */
export async function openChromium(origin) {
  const { chromium } = createRequire(join(artifact("LAIKA_TOOLS"), "package.json"))("playwright-core");
  const browser = await chromium.launch({
    executablePath: artifact("LAIKA_CHROMIUM"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });

  const policy = (more = "", script = "'self' 'wasm-unsafe-eval'") =>
    `default-src 'none'; script-src ${script}; connect-src 'self' ${origin} ${more}`;

  /** What `globalThis.outcome` of the page promises; an error, when it complained of anything. */
  const outcomeAt = async (url) => {
    const page = await browser.newPage();
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      // The page that the scene's broken server answers with 503 is told of in the console, too.
      const expected = message.text().includes("503 (Service Unavailable)") || url.includes("?strict");
      if (["error", "warning"].includes(message.type()) && !expected) complaints.push(message.text());
    });
    try {
      await page.goto(url);
      const outcome = await page.evaluate(async () => {
        // Scripts with `await` at the top may still be at it when the page counts as loaded.
        for (let waits = 0; !globalThis.outcome && waits < 500; waits++) await new Promise((next) => setTimeout(next, 20));
        return globalThis.outcome;
      });
      if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join("; ")}`);
      return outcome;
    } finally {
      await page.close();
    }
  };

  /** The same for a page of the files in `folder`; one without a page has its script in `main.js`. */
  const outcomeOf = async (folder, path = "/") => {
    const site = createServer(async ({ url }, response) => {
      const { pathname, search } = new URL(url, "http://127.0.0.1");
      const name = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
      const file = await readFile(join(folder, name)).catch(() => (name === "/index.html" ? PAGE : undefined));
      response.writeHead(file === undefined ? 404 : 200, {
        "content-type": TYPES[extname(name)] ?? "application/octet-stream",
        "content-security-policy": search === "?strict" ? policy("", "'self'") : policy(),
      });
      response.end(file);
    });
    site.listen(0, "127.0.0.1");
    await once(site, "listening");
    try {
      return await outcomeAt(`http://127.0.0.1:${site.address().port}${path}`);
    } finally {
      site.closeAllConnections();
      site.close();
    }
  };

  return { policy, outcomeAt, outcomeOf, close: () => browser.close() };
}
