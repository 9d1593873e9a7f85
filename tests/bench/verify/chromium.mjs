// The measurement in Chromium: `node chromium.mjs FOLDER --tools PROJECT --driver PROJECT --chromium
// PROGRAM`; of the projects one has `esbuild` and the other `playwright-core`.

import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { bundle, modules, packages } from "./bundle.mjs";
import { startRows } from "./first.mjs";

const STARTS = 9;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" };

const text = { type: "string" };
const { values: options, positionals: [folder] } = parseArgs({ options: { tools: text, driver: text, chromium: text }, allowPositionals: true });
const scene = readFileSync(join(folder, "scene.json"));
const files = {
  "index.html": '<!doctype html><title>measure</title><script type="module" src="/page.js"></script>',
  "scene.json": scene,
  ...(await bundle(options.tools, "page.mjs", ["browser"])),
  ...modules(),
};
// A page gets a clock of 5 µs in place of 100 µs, and threads, when nothing of others is in it.
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const site = createServer(({ url }, response) => {
  const name = url === "/" ? "index.html" : url.slice(1);
  response.writeHead(files[name] ? 200 : 404, { "content-type": TYPES[extname(name)] ?? "text/plain", ...ISOLATED }).end(files[name]);
}).listen(0, "127.0.0.1");
await once(site, "listening");
const browser = await packages(options.driver)("playwright-core").chromium.launch({
  executablePath: options.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const runtime = `Chromium ${browser.version()}`;
  const say = (text) => console.error(`${runtime}: ${text}`);
  const rows = await onPage("measure", say);
  say("start and memory");
  const starts = [];
  for (let n = 0; n < STARTS; n++) starts.push(await onPage("start", say));
  const { others, algorithms } = JSON.parse(scene);
  rows.push(...startRows(starts, 1 + others.length, algorithms.RS256.fresh.flat().length));
  writeFileSync(join(folder, "chromium.json"), JSON.stringify({ runtime, rows }));
} finally {
  await browser.close();
  site.closeAllConnections();
  site.close();
}

/** What that function of the page answers, in a page of a process of its own. */
async function onPage(name, say) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "log" && say(message.text()));
  try {
    await page.goto(`http://127.0.0.1:${site.address().port}/`);
    await page.waitForFunction((name) => globalThis[name], name);
    return await page.evaluate((name) => globalThis[name](), name);
  } finally {
    await context.close();
  }
}
