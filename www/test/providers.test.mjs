// Log-ins at another provider, from the button to the micro token: real issuer, real Chromium, and a
// provider that others have written and the OpenID Foundation has certified.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openPage, refuse, startBrowser } from "./browser.mjs";
import { startIssuer } from "./issuer.mjs";
import { startKennel } from "./kennel.mjs";
import { getToken, shownClaims } from "./person.mjs";

let kennel;
let issuer;
let browser;
before(async () => {
  kennel = await startKennel();
  [issuer, browser] = await Promise.all([startIssuer(`
[outgoing]
private_networks = ["127.0.0.0/8"]
[providers.kennel]
kind = "oidc"
title = "Kennel"
issuer = "${kennel.url}"
client_id = "laika"
client_secret = "kennel-secret"
trust_email = true
`), startBrowser()]);
  kennel.accept(`${issuer.url}/v1/login/kennel/callback`);
});
after(async () => {
  await browser?.close();
  await issuer?.stop();
  await kennel?.stop();
});

/** The provider's log-in page would fetch a font from elsewhere: here nothing leaves the machine. */
async function open(url) {
  const page = await openPage(browser, url);
  await page.route((asked) => asked.hostname !== "127.0.0.1", (route) => route.fulfill({ body: "" }));
  return page;
}

/** Presses the button and logs in at the provider's own page. */
async function logInThere(page, name) {
  await page.click("[data-provider=kennel]");
  await page.fill("input[name=login]", name);
  await page.fill("input[name=password]", "anything");
  await page.click("button[type=submit]");
  await page.getByRole("button", { name: "Continue" }).click();
}

test("from the button to the micro token, and again as the same person", async () => {
  const page = await open(issuer.url);
  assert.equal(await page.textContent("[data-provider=kennel]"), "Log in with Kennel");
  await logInThere(page, "strelka");
  await page.waitForSelector("#signed-in:visible");
  assert.equal(page.url(), `${issuer.url}/`, "no code stays in the address bar");
  assert.equal(await page.textContent("#person-name"), "strelka");

  await getToken(page);
  assert.match(await page.textContent("#verdict-text"), /^Verified\./);
  const claims = await shownClaims(page);
  assert.equal(claims.username, "strelka");
  assert.deepEqual(claims.amr, ["fed"]);

  await page.click("#log-out");
  await page.waitForSelector("#signed-out:visible");
  // The provider remembers who it was.
  await page.click("[data-provider=kennel]");
  await page.waitForSelector("#signed-in:visible");
  assert.equal(await page.textContent("#person-id"), claims.sub);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("an account here is found by an e-mail only where it was proved here as well", async () => {
  const page = await open(issuer.url);
  // `belka@example.com` has an account whose e-mail nobody has proved: it is not hers by that.
  await logInThere(page, "belka");
  await page.waitForSelector("#signed-in:visible");
  assert.equal(await page.textContent("#person-name"), "belka-2");
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("whoever says no there is told so here", async () => {
  const page = await open(issuer.url);
  await page.click("[data-provider=kennel]");
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.waitForSelector("#elsewhere-error:visible");
  assert.match(await page.textContent("#elsewhere-error"), /did not log in there/);
  assert.equal(page.url(), `${issuer.url}/`);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a log-in there is finished also where nobody can tell who was here before", async () => {
  const page = await open(issuer.url);
  await page.evaluate(() => localStorage.setItem("laika.logged-in", "somebody"));
  await refuse(page, "GET", "/v1/me", 503, "unavailable", "come back later");
  await logInThere(page, "pushok");
  await page.waitForSelector("#signed-in:visible");
  assert.equal(page.url(), `${issuer.url}/`);
  assert.deepEqual(page.complaints, ["GET /v1/me 503"]);
  await page.context().close();
});

test("who has no password is told what to do instead of giving it", async () => {
  const page = await open(issuer.url);
  await logInThere(page, "zhulka");
  await page.waitForSelector("#factors-none:visible");
  assert.doesNotMatch(await page.textContent("#factors-none"), /your password/);
  await refuse(page, "POST", "/v1/me/factors/totp", 401, "authentication_too_old", "this needs the password, or a log-in within the last 15 minutes");
  await page.click("#add-totp");
  await page.waitForSelector("#factors-password:visible");
  assert.match(await page.textContent("#new-factor .form-error"), /^This needs the password, .+ log out and in again\.$/);

  await refuse(page, "GET", "/v1/me/factors", 503, "unavailable", "come back later");
  await page.reload();
  await page.waitForSelector("#new-factor .form-error:visible");
  assert.equal(await page.isVisible("#factors-none"), false, "it is not known");
  assert.deepEqual(page.complaints, ["POST /v1/me/factors/totp 401", "GET /v1/me/factors 503"]);
  await page.context().close();
});

test("a link with somebody else's code logs nobody in", async () => {
  const page = await open(`${issuer.url}/?code=laika_code_somebody-elses`);
  assert.equal(page.url(), `${issuer.url}/`);
  assert.equal(await page.isVisible("#signed-out"), true);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
