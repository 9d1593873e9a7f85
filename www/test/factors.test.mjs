// The second step of a log-in, as a person takes it: real issuer, real Chromium.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { totp } from "./authenticator-app.mjs";
import { hold, openPage, startBrowser } from "./browser.mjs";
import { startIssuer } from "./issuer.mjs";
import { getToken, logIn, register, shownClaims } from "./person.mjs";

const PASSWORD = "four-steps-beyond-the-kennel";
const STRELKA = { login: "strelka", password: PASSWORD };

let issuer;
let browser;
before(async () => { [issuer, browser] = await Promise.all([startIssuer(), startBrowser()]); });
after(async () => {
  await browser?.close();
  await issuer?.stop();
});

/** Calls the issuer as the page does. */
const call = (page, path, body) => page.evaluate(async ([path, body]) => {
  const headers = { "content-type": "application/json" };
  return (await fetch(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}, [path, body]);

test("the second step of a log-in", async () => {
  const page = await openPage(browser, issuer.url);
  await register(page, { username: "strelka", email: "strelka@example.com", password: PASSWORD });
  await page.waitForSelector("#signed-in:visible");
  const { secret } = await call(page, "/v1/me/factors/totp", {});
  const { backup_codes: codes } = await call(page, "/v1/me/factors/totp/confirm", { code: totp(secret) });
  await page.click("#log-out");
  await page.waitForSelector("#signed-out:visible");

  await logIn(page, STRELKA);
  await page.waitForSelector("#second-step:visible");
  assert.equal(await page.isVisible("#log-in"), false);
  assert.equal(await page.evaluate(() => document.activeElement.id), "second-step-code");
  // Whoever thinks better of it begins anew.
  await page.click("#begin-anew");
  await page.waitForSelector("#log-in:visible");
  await logIn(page, STRELKA);
  await page.waitForSelector("#second-step:visible");
  await page.fill("#second-step-code", "000000");
  await page.click("#second-step button[type=submit]");
  await page.waitForSelector("#second-step .form-error:visible");
  await page.fill("#second-step-code", codes[0]);
  await page.click("#second-step button[type=submit]");
  await page.waitForSelector("#signed-in:visible");
  await getToken(page);
  const claims = await shownClaims(page);
  assert.deepEqual([claims.amr, claims.acr], [["pwd", "otp", "mfa"], "aal2"]);
  await page.context().close();
  assert.deepEqual(page.complaints, ["POST /v1/sessions/second-factor 401"]);
});

test("the secret of an app that comes after its holder left is shown to nobody", async () => {
  const page = await openPage(browser, issuer.url);
  await register(page, { username: "veterok", email: "veterok@example.com", password: PASSWORD });
  await page.waitForSelector("#factors-none:visible");
  const offer = await hold(page, "POST", "/v1/me/factors/totp");
  await page.click("#add-totp");
  await offer.asked;
  await page.click("#log-out");
  await page.waitForSelector("#signed-out:visible");
  await logIn(page, { login: "belka", password: "strelka-came-back-with-me-1960" });
  await page.waitForSelector("#factors-none:visible");
  offer.release();
  await page.waitForSelector("#new-factor:not([aria-busy])");
  assert.deepEqual([await page.isVisible("#totp"), await page.textContent("#totp-secret")], [false, ""]);
  await page.context().close();
  assert.deepEqual(page.complaints, []);
});
