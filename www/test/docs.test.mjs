// The page at /docs: real issuer, real Chromium.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openPage, overflow, startBrowser } from "./browser.mjs";
import { startIssuer } from "./issuer.mjs";

let issuer;
let browser;
before(async () => { [issuer, browser] = await Promise.all([startIssuer(), startBrowser()]); });
after(async () => {
  await browser?.close();
  await issuer?.stop();
});

test("every operation of the document is shown, with its body and its codes", async () => {
  const document = await (await fetch(`${issuer.url}/openapi.json`)).json();
  const wanted = Object.entries(document.paths)
    .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`));
  const page = await openPage(browser, `${issuer.url}/docs`);
  const shown = await page.locator("summary").evaluateAll((all) =>
    all.map((one) => `${one.querySelector(".method").textContent} ${one.querySelector(".path").textContent}`));
  assert.deepEqual(shown.toSorted(), wanted.toSorted());

  await page.click("#postSessions summary");
  const text = await page.innerText("#postSessions");
  for (const part of ["password", "application/json", "main_token", "credentials_invalid", "429", "Retry-After"]) {
    assert.ok(text.includes(part), `no \`${part}\` in ${text}`);
  }
  await close(page);
});

test("the filter leaves what it is asked for, and a link opens its operation", async () => {
  const page = await openPage(browser, `${issuer.url}/docs#getMe`);
  assert.equal(await page.locator("#getMe").evaluate((one) => one.open), true);
  await page.fill("#filter", "credentials_invalid");
  assert.equal(await page.isVisible("#postSessions"), true);
  assert.equal(await page.isVisible("#getMe"), false);
  await close(page);
});

test("it fits a phone, in light and dark, with everything open", async () => {
  const papers = new Set();
  for (const colorScheme of ["light", "dark"]) {
    const page = await openPage(browser, `${issuer.url}/docs`, { viewport: { width: 360, height: 740 }, colorScheme });
    await page.locator("details").evaluateAll((all) => { for (const one of all) one.open = true; });
    await page.waitForFunction(() => [...document.querySelectorAll(".inside")].every((one) => one.hasChildNodes()));
    assert.equal(await overflow(page), 0, `${colorScheme}: it can be scrolled sideways`);
    papers.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    await close(page);
  }
  assert.equal(papers.size, 2, "dark is light");
});

async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}
