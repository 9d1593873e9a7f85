// A real Chromium, and pages in it that remember every complaint.

import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../../tests/tools/package.json", import.meta.url))("playwright-core");

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** A browser with a profile of its own that goes away with it. */
export function startBrowser() {
  return chromium.launch({ executablePath: process.env.LAIKA_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/**
 * Opens `url` in a fresh context and waits until the page has started. `page.complaints` collects
 * errors in the console, uncaught exceptions and violations of the content security policy.
 * Refusals of the issuer that a test provokes appear there too, as `METHOD path status`.
 */
export async function openPage(browser, url, settings = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...settings });
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(`uncaught: ${error}`));
  page.on("console", (message) => {
    // Chromium logs every 4xx here without its method; the responses below are told with it.
    if (message.type() === "error" && !/the server responded with a status of/.test(message.text())) {
      page.complaints.push(`console: ${message.text()}`);
    }
  });
  page.on("response", (response) => {
    if (response.status() < 400) return;
    page.complaints.push(`${response.request().method()} ${new URL(response.url()).pathname} ${response.status()}`);
  });
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(url);
  await page.waitForSelector("html[data-ready]");
  return page;
}

/**
 * Holds back answers to `method path`: `asked` is kept once the issuer has given one, `release` lets
 * them through.
 */
export async function hold(page, method, path) {
  const held = {};
  const released = new Promise((resolve) => { held.release = resolve; });
  let answered;
  held.asked = new Promise((resolve) => { answered = resolve; });
  await page.route((url) => url.pathname === path, async (route) => {
    if (route.request().method() !== method) return route.fallback();
    const response = await route.fetch();
    answered();
    await released;
    return route.fulfill({ response });
  });
  return held;
}

/** Answers the next `method path` with this refusal, in place of the issuer. */
export async function refuse(page, method, path, status, code, detail = code) {
  let refused = false;
  await page.route((url) => url.pathname === path, (route) => {
    if (refused || route.request().method() !== method) return route.fallback();
    refused = true;
    const body = JSON.stringify({ code, detail, status });
    return route.fulfill({ status, contentType: "application/problem+json", body });
  });
}

/** How far the page can be scrolled sideways, in CSS pixels. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
