// The links of the issuer's mails, opened in a browser: real issuer, real SMTP, real Chromium.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openPage, overflow, refuse, startBrowser } from "./browser.mjs";
import { startIssuer } from "./issuer.mjs";
import { fieldError, logIn, register, shownClaims, getToken } from "./person.mjs";
import { linkTo, startSink } from "./sink.mjs";

const PASSWORD = "four-steps-beyond-the-kennel";
const NEW_PASSWORD = "another-orbit-on-thursday";

let sink;
let issuer;
let browser;
before(async () => {
  sink = await startSink();
  [issuer, browser] = await Promise.all([
    startIssuer(`[mail]\nurl = "${sink.url}"\nfrom = "Laika <no-reply@example.com>"\n`),
    startBrowser(),
  ]);
});
after(async () => {
  await browser?.close();
  await issuer?.stop();
  await sink?.stop();
});

test("a registration waits for its mail, and the link in it completes it, once", async () => {
  const page = await openPage(browser, issuer.url);
  await register(page, { username: "Strelka", email: "strelka@example.com", password: PASSWORD });
  await said(page, /^Look into your mail/);
  assert.equal(await page.inputValue("#register-password"), "", "the password is not kept in the form");
  assert.equal(await page.isVisible("#by-mail-submit"), false);

  await logIn(page, { login: "strelka", password: PASSWORD });
  await page.waitForSelector("#log-in .form-error:visible");
  assert.deepEqual(page.complaints.splice(0), ["POST /v1/sessions 403"]);

  const link = linkTo("verify", await sink.next("strelka@example.com"));
  // In the same tab, as whoever pastes it does.
  await page.goto(link);
  await page.waitForSelector("#by-mail:visible");
  assert.equal(new URL(page.url()).hash, "", "the code leaves the address bar");
  assert.equal(await page.textContent("#by-mail-submit"), "Confirm");
  assert.equal(await page.isVisible("#signed-in"), false, "a link alone logs nobody in");
  assert.equal(await page.evaluate(() => document.activeElement.id), "by-mail");
  await page.click("#by-mail-submit");
  await said(page, /you are logged in/);
  assert.equal(await page.textContent("#person-name"), "Strelka");
  await getToken(page);
  assert.equal((await shownClaims(page)).username, "Strelka");
  await close(page);

  const again = await openPage(browser, link);
  await again.click("#by-mail-submit");
  await again.waitForSelector("#by-mail .form-error:visible");
  assert.match(await again.textContent("#by-mail .form-error"), /code/);
  assert.equal(await again.isVisible("#signed-in"), false);
  assert.deepEqual(again.complaints.splice(0), ["POST /v1/email/verify 422"]);
  await close(again);
});

test("a registration whose mail is lost gets another", async () => {
  const page = await openPage(browser, issuer.url);
  await register(page, { username: "zhemchuzhnaya", email: "zhemchuzhnaya@example.com", password: PASSWORD });
  await sink.next("zhemchuzhnaya@example.com");
  await logIn(page, { login: "zhemchuzhnaya", password: PASSWORD });
  await page.waitForSelector("#resend-form:visible");
  assert.equal(await page.inputValue("#resend-email"), "", "a user name is no e-mail");
  await page.fill("#resend-email", "zhemchuzhnaya@example.com");
  assert.match(await page.textContent("#log-in .form-error"), /not proved yet/);
  await page.click("#resend-form button[type=submit]");
  await said(page, /another mail/);
  assert.equal(await page.isVisible("#resend-form"), false);
  await page.goto(linkTo("verify", await sink.next("zhemchuzhnaya@example.com")));
  await page.click("#by-mail-submit");
  await said(page, /you are logged in/);
  assert.deepEqual(page.complaints.splice(0), ["POST /v1/sessions 403"]);
  await page.click("#log-out");
  await page.waitForSelector("#signed-out:visible");

  // An account from times without mail is found by an e-mail that nobody proved; it is not asked for again.
  await logIn(page, { login: "belka@example.com", password: "strelka-came-back-with-me-1960" });
  await page.waitForSelector("#resend-form:visible");
  assert.equal(await page.inputValue("#resend-email"), "belka@example.com");
  assert.deepEqual(page.complaints.splice(0), ["POST /v1/sessions 403"]);
  await close(page);
});

test("a link is not followed before the click, and a newer one takes its place", async () => {
  await registered("pushok");
  const page = await openPage(browser, `${issuer.url}/#verify=laika_mail_nothing`);
  assert.equal(await page.textContent("#by-mail-submit"), "Confirm");
  await page.evaluate(() => { location.hash = "reset=laika_mail_nothing"; });
  await page.waitForSelector("#by-mail-password:visible");
  assert.equal(await page.textContent("#by-mail-submit"), "Set the password");
  assert.equal(new URL(page.url()).hash, "");
  // Nothing was sent so far; what is sent is refused.
  assert.deepEqual(page.complaints, []);
  await page.click("#by-mail-submit");
  assert.equal(await fieldError(page, "by-mail-password"), "This is needed.");
  await page.fill("#by-mail-password", NEW_PASSWORD);
  await page.click("#by-mail-submit");
  await page.waitForSelector("#by-mail .form-error:visible");
  assert.deepEqual(page.complaints.splice(0), ["POST /v1/password/reset 422"]);
  await close(page);
});

test("a forgotten password is replaced by the link of a mail", async () => {
  await registered("belyanka");
  const page = await openPage(browser, issuer.url);
  await page.click("#forgot");
  await page.fill("#forgot-email", "not an address");
  await page.click("#forgot-form button[type=submit]");
  assert.notEqual(await fieldError(page, "forgot-email"), "");
  assert.deepEqual(page.complaints.splice(0), ["POST /v1/password/forgot 422"]);
  await page.fill("#forgot-email", "Belyanka@example.com");
  await page.click("#forgot-form button[type=submit]");
  await said(page, /^If there is an account/);

  await page.goto(linkTo("reset", await sink.next("belyanka@example.com")));
  await page.waitForSelector("#by-mail-password:visible");
  await page.fill("#by-mail-password", "belyanka1");
  await page.click("#by-mail-submit");
  assert.notEqual(await fieldError(page, "by-mail-password"), "");
  assert.deepEqual(page.complaints.splice(0), ["POST /v1/password/reset 422"]);
  await page.fill("#by-mail-password", NEW_PASSWORD);
  await page.click("#by-mail-submit");
  await said(page, /^You have a new password/);
  assert.equal(await page.isVisible("#signed-in"), false, "a mail logs nobody in");
  await logIn(page, { login: "belyanka", password: NEW_PASSWORD });
  await page.waitForSelector("#signed-in:visible");
  assert.equal(await page.isVisible("#by-mail"), false, "what was said of the link is done with");
  await close(page);
});

test("whoever is logged in and resets the password is logged out", async () => {
  await registered("snezhinka");
  const page = await openPage(browser, issuer.url);
  await logIn(page, { login: "snezhinka", password: PASSWORD });
  await page.waitForSelector("#signed-in:visible");
  await send("POST", "/v1/password/forgot", { email: "snezhinka@example.com" });
  await page.goto(linkTo("reset", await sink.next("snezhinka@example.com")));
  await page.fill("#by-mail-password", NEW_PASSWORD);
  await page.click("#by-mail-submit");
  await said(page, /^You have a new password/);
  await page.waitForSelector("#signed-out:visible");
  page.complaints = page.complaints.filter((line) => line !== "GET /v1/me 401");
  await close(page);
});

test("a new password is told of also where the session can't be asked about", async () => {
  await registered("albina");
  const page = await openPage(browser, issuer.url);
  await logIn(page, { login: "albina", password: PASSWORD });
  await page.waitForSelector("#signed-in:visible");
  await send("POST", "/v1/password/forgot", { email: "albina@example.com" });
  await page.goto(linkTo("reset", await sink.next("albina@example.com")));
  await page.waitForSelector("#signed-in:visible");
  await refuse(page, "GET", "/v1/me", 503, "unavailable", "come back later");
  await page.fill("#by-mail-password", NEW_PASSWORD);
  await page.click("#by-mail-submit");
  await said(page, /^You have a new password/);
  await page.waitForSelector("#by-mail:not([aria-busy])");
  assert.equal(await page.isVisible("#by-mail .form-error"), false);
  // What is asked next finds out.
  await page.click("#get-token");
  await page.waitForSelector("#signed-out:visible");
  assert.deepEqual(page.complaints.splice(0), ["GET /v1/me 503", "POST /v1/tokens/micro 401"]);
  await close(page);
});

test("a change of address is confirmed by one mail and taken back by the other", async () => {
  await registered("otvazhnaya");
  const login = { login: "otvazhnaya", password: PASSWORD };
  const { main_token: main } = await send("POST", "/v1/sessions", login);
  const change = { email: "elsewhere@example.com", password: PASSWORD };
  await send("PUT", "/v1/me/email", change, { authorization: `Bearer ${main}` });
  const confirm = linkTo("verify", await sink.next("elsewhere@example.com"));
  const undo = linkTo("undo", await sink.next("otvazhnaya@example.com"));

  const page = await openPage(browser, confirm);
  await page.click("#by-mail-submit");
  await said(page, /^The address is confirmed/);
  await logIn(page, { login: "elsewhere@example.com", password: PASSWORD });
  await page.waitForSelector("#signed-in:visible");

  await page.goto(undo);
  await page.waitForSelector("#by-mail:visible");
  assert.equal(await page.textContent("#by-mail-submit"), "Keep the address");
  await page.click("#by-mail-submit");
  await said(page, /has its old address again/);
  await page.waitForSelector("#signed-out:visible");
  page.complaints = page.complaints.filter((line) => line !== "GET /v1/me 401");
  await page.goto(linkTo("reset", await sink.next("otvazhnaya@example.com")));
  await page.fill("#by-mail-password", NEW_PASSWORD);
  await page.click("#by-mail-submit");
  await said(page, /^You have a new password/);
  await logIn(page, { login: "otvazhnaya@example.com", password: NEW_PASSWORD });
  await page.waitForSelector("#signed-in:visible");
  await close(page);
});

test("the first administrator's link waits for the mail, and gives its role after it", async () => {
  const page = await openPage(browser, await issuer.invitation);
  await register(page, { username: "chernushka", email: "chernushka@example.com", password: PASSWORD });
  await said(page, /^Look into your mail/);
  await page.goto(linkTo("verify", await sink.next("chernushka@example.com")));
  await page.click("#by-mail-submit");
  await said(page, /you are logged in/);
  await getToken(page);
  assert.ok((await shownClaims(page)).roles.includes("administrator"));
  await close(page);
});

for (const colorScheme of ["light", "dark"]) {
  test(`the links fit a phone (${colorScheme})`, async () => {
    const settings = { colorScheme, viewport: { width: 360, height: 740 }, hasTouch: true };
    for (const part of ["verify", "reset", "undo", "invitation"]) {
      const page = await openPage(browser, `${issuer.url}/#${part}=laika_${"x".repeat(60)}`, settings);
      const form = part === "invitation" ? "#register" : "#by-mail";
      assert.equal(await page.isVisible(form), true, part);
      assert.equal(await overflow(page), 0, part);
      // What it is about is seen without a search, and its button is large enough for a thumb.
      // A browser may take a moment to scroll there.
      const inView = (id) => {
        const { top } = document.querySelector(id).getBoundingClientRect();
        return top >= 0 && top < innerHeight;
      };
      await page.waitForFunction(inView, form, { timeout: 10_000 }).catch(async () => {
        assert.fail(`${part}: the form is at ${(await page.locator(form).boundingBox()).y}`);
      });
      const button = await page.locator(`${form} button[type=submit]`).boundingBox();
      assert.ok(button.height >= 40 && button.width >= 100, `${part}: ${JSON.stringify(button)}`);
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${part}-${colorScheme}.png` });
      await close(page);
    }
  });
}

/** Makes an account whose e-mail is proved, without the page. */
async function registered(username) {
  const email = `${username}@example.com`;
  await send("POST", "/v1/users", { username, email, password: PASSWORD });
  const code = new URL(linkTo("verify", await sink.next(email))).hash.slice("#verify=".length);
  await send("POST", "/v1/email/verify", { code });
}

async function send(method, path, body, headers = {}) {
  const response = await fetch(issuer.url + path, {
    method, body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers },
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** Waits for what the page says of a mail. */
async function said(page, pattern) {
  await page.waitForFunction((source) => {
    const place = document.getElementById("by-mail-text");
    return place.checkVisibility() && new RegExp(source).test(place.textContent);
  }, pattern.source);
}

/** Whatever the page complained of and no test expected fails it here. */
async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}
