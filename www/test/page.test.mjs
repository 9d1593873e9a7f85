// The page, as a person uses it: real issuer, real Chromium, nothing in between.
//
// Needs the issuer with the feature `page` (`cargo xtask test --only build` makes it) at $LAIKA_BIN or in
// target/debug, and Chromium at $LAIKA_CHROMIUM or /usr/bin/chromium.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { hold, openPage, overflow, startBrowser } from "./browser.mjs";
import { startIssuer } from "./issuer.mjs";
import { ask, decisions, fieldError, getToken, logIn, register, shownClaims } from "./person.mjs";

const BELKA = { login: "belka", password: "strelka-came-back-with-me-1960" };
const PASSWORD = "four-steps-beyond-the-kennel";

let issuer;
let browser;
before(async () => { [issuer, browser] = await Promise.all([startIssuer(), startBrowser()]); });
after(async () => {
  await browser?.close();
  await issuer?.stop();
});

test("a stranger registers, carries a token, asks the policy and leaves", async () => {
  const page = await openPage(browser, issuer.url);
  assert.equal(await page.isDisabled("#get-token"), true, "no token before there is a session");

  await register(page, { username: "strelka", email: "strelka@example.com", password: PASSWORD });
  await page.waitForSelector("#signed-in:visible");
  assert.equal(await page.textContent("#person-name"), "strelka");

  await getToken(page);
  assert.match(await page.textContent("#verdict-text"), /^Verified\./);
  assert.match(await page.textContent("#life-left"), /^[45]:\d\d$/);
  const claims = await shownClaims(page);
  assert.equal(claims.type, "micro");
  assert.equal(claims.username, "strelka");
  assert.equal(claims.iss, issuer.url);
  assert.deepEqual(claims.permissions, []);

  const rows = await decisions(page);
  assert.deepEqual(rows["GET /health"], ["allow 200 health", "allow 200 health"]);
  assert.deepEqual(rows["GET /orders"], ["deny 401 list", "deny 403 list"]);
  assert.deepEqual(rows["GET /users/{your sub}/orders"], ["deny 401 mine", "allow 200 mine"]);
  assert.deepEqual(rows["GET /users/somebody-else/orders"], ["deny 401 mine", "deny 403 mine"]);
  assert.deepEqual(rows["GET /health/../orders"], ["deny 400", "deny 400"]);

  await page.reload();
  await page.waitForSelector("#signed-in:visible");
  await page.click("#log-out");
  await page.waitForSelector("#signed-out:visible");
  assert.equal(await page.isDisabled("#get-token"), true);
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  assert.equal(await page.isVisible("#signed-out"), true, "the session is over for good");
  await close(page);
});

test("whoever has a role may what it grants, and every trick is refused", async () => {
  const page = await openPage(browser, issuer.url);
  await logIn(page, BELKA);
  await getToken(page);
  assert.deepEqual((await shownClaims(page)).permissions.toSorted(), ["orders:create", "orders:read"]);

  const rows = await decisions(page);
  assert.deepEqual(rows["GET /orders"], ["deny 401 list", "allow 200 list"]);
  assert.deepEqual(rows["DELETE /orders/42"], ["deny 401 cancel", "deny 403 cancel"]);
  await ask(page, "DELETE", "/orders/42");
  const decision = await page.innerText("#decision");
  assert.match(decision, /Denied 403/);
  assert.match(decision, /permission_denied/);
  assert.match(decision, /orders:cancel\s+role:orders\/manager/);
  assert.match(decision, /WWW-Authenticate: Bearer error="insufficient_scope"/);
  await page.uncheck("#request-token");
  assert.match(await page.innerText("#decision"), /Denied 401[^]*token_missing/);

  const calls = await page.textContent("#wire-count");
  const codes = {
    flip: /^(signature_invalid|token_malformed|key_not_found|algorithm_not_allowed|type_mismatch|critical_header_unsupported)$/,
    promote: /^signature_invalid$/,
    none: /^(algorithm_not_allowed|token_malformed)$/,
    elsewhere: /^audience_mismatch$/,
    later: /^expired$/,
  };
  for (const [trial, code] of Object.entries(codes)) {
    await page.click(`#trial-${trial}`);
    await page.waitForSelector(`#trial-result[data-trial=${trial}]:visible`);
    assert.match(await page.textContent("#trial-result code"), code, trial);
  }
  assert.equal(await page.textContent("#wire-count"), calls, "nothing of this asked the issuer");

  await page.fill("#micro-audience", "billing");
  await page.click("#get-token");
  await page.waitForSelector("#verdict[data-verdict=bad]");
  assert.match(await page.textContent("#verdict-text"), /^Refused: audience_mismatch/);

  await page.fill("#micro-service", "Not A Service");
  await page.click("#get-token");
  assert.notEqual(await fieldError(page, "micro-service"), "");
  assert.deepEqual(page.complaints.splice(0), ["POST /v1/tokens/micro 422"]);
  await close(page);
});

test("the policy compiles as one types, and says where it does not", async () => {
  const page = await openPage(browser, issuer.url);
  await page.waitForSelector("#policy-state[data-verdict=good]");

  await page.fill("#policy-text", "{\n  \"version\": 1,\n  \"rules\": [,]\n}");
  await page.waitForSelector("#policy-state[data-verdict=bad]");
  assert.match(await page.textContent("#policy-state"), /policy_invalid .*line 3/);
  assert.equal(await page.textContent(".gutter .marked"), "3");
  assert.match(await page.textContent("#decision"), /does not compile/);

  await page.fill("#policy-text", [
    "{ \"version\": 1, \"rules\": [",
    "  { \"id\": \"a\", \"path\": \"/a\", \"require\": \"anyone\" },",
    "  { \"id\": \"b\", \"path\": \"/b\",",
    "    \"require\": \"orders:*\" }",
    "] }",
  ].join("\n"));
  await page.waitForFunction(() => document.querySelector(".gutter .marked")?.textContent === "4");
  assert.match(await page.textContent("#policy-state"), /policy_invalid .*rules\[1\]\.require/);

  await page.fill("#policy-text", "{\"version\":1,\"otherwise\":\"anyone\"}");
  await page.waitForSelector("#policy-state[data-verdict=good]");
  await ask(page, "GET", "/anything");
  assert.match(await page.innerText("#decision"), /Allowed 200/);
  await ask(page, "GET", "/any//thing");
  assert.match(await page.innerText("#decision"), /Denied 400[^]*request_invalid/);

  await page.click("#policy-reset");
  await page.waitForFunction(() => document.querySelectorAll("#decisions tbody tr").length === 9);
  await close(page);
});

test("a refusal is shown where it belongs, as text", async () => {
  const page = await openPage(browser, issuer.url);
  const fresh = { username: "pushinka", email: "pushinka@example.com", password: PASSWORD };

  await register(page, { ...fresh, username: "" });
  assert.equal(await page.textContent("#register-username-error"), "This is needed.");
  await register(page, { ...fresh, password: "password1" });
  assert.notEqual(await fieldError(page, "register-password"), "");
  await register(page, { ...fresh, username: "<img src=x>" });
  assert.notEqual(await fieldError(page, "register-username"), "");
  assert.equal(await page.locator("#account img").count(), 0);
  await register(page, { ...fresh, username: "belka" });
  assert.notEqual(await fieldError(page, "register-username"), "");
  assert.deepEqual(page.complaints.splice(0), ["POST /v1/users 422", "POST /v1/users 422", "POST /v1/users 409"]);

  await logIn(page, { ...BELKA, password: "not-it-not-it-not-it" });
  await page.waitForSelector("#log-in .form-error:visible");
  assert.deepEqual(page.complaints.splice(0), ["POST /v1/sessions 401"]);
  await close(page);
});

test("a weak password gets zxcvbn's advice", async () => {
  const page = await openPage(browser, issuer.url);
  await register(page, { username: "zvezdochka", email: "z@example.com", password: "qwertyuiop123" });
  await page.waitForSelector("#register .strength");
  assert.equal(await fieldError(page, "register-password"), "Too easy to guess.");
  const advice = await page.locator("#register .strength p").allInnerTexts();
  assert.match(advice[0], /^guessed/);
  assert.ok(advice.length > 1, "the score comes with advice");
  assert.deepEqual(page.complaints.splice(0), ["POST /v1/users 422"]);
  await close(page);
});

test("the first administrator signs up by the link that the issuer prints, once", async () => {
  const link = await issuer.invitation;
  const page = await openPage(browser, link);
  assert.equal(await page.isVisible("#register"), true);
  assert.equal(await page.inputValue("#register-invitation"), new URL(link).hash.slice("#invitation=".length));
  assert.equal(new URL(page.url()).hash, "", "the code leaves the address bar");
  await register(page, { username: "chernushka", email: "chernushka@example.com", password: PASSWORD });
  await page.waitForSelector("#signed-in:visible");
  await getToken(page);
  assert.ok((await shownClaims(page)).roles.includes("administrator"));
  await page.goto(link);
  await page.waitForSelector("#invitation-waits:visible");
  await page.click("#log-out");
  await page.waitForSelector("#register-invitation:visible");
  await close(page);

  const again = await openPage(browser, link);
  await register(again, { username: "veterok", email: "veterok@example.com", password: PASSWORD });
  assert.notEqual(await fieldError(again, "register-invitation"), "");
  assert.deepEqual(again.complaints.splice(0), ["POST /v1/users 422"]);
  await close(again);
});

test("a token that has run out is said to have, and is renewed", async () => {
  const page = await openPage(browser, issuer.url);
  await logIn(page, BELKA);
  await page.waitForSelector("#signed-in:visible");
  await page.fill("#micro-service", "brief");
  assert.equal(await page.inputValue("#micro-audience"), "brief", "the audience follows the service");
  await getToken(page);
  const first = await shownClaims(page);
  await page.waitForFunction(() => document.getElementById("life-left").textContent === "expired");
  await page.waitForFunction(() => /Denied 401[^]*expired/.test(document.getElementById("decision").innerText));
  await page.click("#renew");
  await page.waitForFunction(() => /^0:\d\d$/.test(document.getElementById("life-left").textContent));
  assert.match(await page.textContent("#verdict-text"), /^Verified\./);
  assert.notEqual((await shownClaims(page)).jti, first.jti);
  await close(page);
});

test("a token that comes after its holder left is nobody's", async () => {
  const page = await openPage(browser, issuer.url);
  await logIn(page, BELKA);
  await page.waitForSelector("#signed-in:visible");
  const leaveWhileOneComes = async () => {
    const token = await hold(page, "POST", "/v1/tokens/micro");
    await page.click("#get-token:enabled");
    await token.asked;
    await page.click("#log-out");
    await page.waitForSelector("#signed-out:visible");
    return async () => {
      token.release();
      await page.waitForSelector("#micro:not([aria-busy])");
      await page.unrouteAll();
    };
  };
  await (await leaveWhileOneComes())();
  assert.equal(await page.isDisabled("#get-token"), true, "nobody is here");

  await logIn(page, BELKA);
  await page.waitForSelector("#signed-in:visible");
  const arrive = await leaveWhileOneComes();
  await register(page, { username: "damka", email: "damka@example.com", password: PASSWORD });
  await page.waitForSelector("#signed-in:visible");
  await arrive();
  assert.equal(await page.isVisible("#token-result"), false, "it is not for the next one");
  assert.equal(await page.isDisabled("#get-token"), false);
  await close(page);
});

test("one tab is whoever the other one is", async () => {
  const page = await openPage(browser, issuer.url);
  const other = await page.context().newPage();
  await other.goto(issuer.url);
  await other.waitForSelector("html[data-ready]");
  const named = (name) => page.waitForFunction((name) => document.querySelector("#person-name").textContent === name, name);
  await logIn(other, BELKA);
  await named("belka");
  await other.click("#log-out");
  await page.waitForSelector("#signed-out:visible");
  await register(other, { username: "krasavka", email: "krasavka@example.com", password: PASSWORD });
  await named("krasavka");
  await getToken(page);
  assert.equal((await shownClaims(page)).username, "krasavka");
  // Not by way of a log-out: what is done here must not be done as somebody else.
  await other.evaluate(async (belka) => {
    const body = JSON.stringify({ ...belka, transport: "cookie" });
    const answer = await fetch("/v1/sessions", { method: "POST", headers: { "content-type": "application/json" }, body });
    localStorage.setItem("laika.logged-in", (await answer.json()).user.id);
  }, BELKA);
  await named("belka");
  assert.equal(await page.isVisible("#token-result"), false);
  await close(page);
});

test("an issuer that is gone is said plainly", async () => {
  const short = await startIssuer();
  const page = await openPage(browser, short.url);
  await short.stop();
  await logIn(page, BELKA);
  await page.waitForSelector("#log-in .form-error:visible");
  assert.match(await page.textContent("#log-in .form-error"), /did not answer/);
  assert.match(page.complaints.splice(0).join(), /ERR_CONNECTION_REFUSED/);
  await close(page);
});

for (const colorScheme of ["light", "dark"]) {
  test(`nothing runs out of a narrow screen (${colorScheme})`, async () => {
    const page = await openPage(browser, issuer.url, { colorScheme, viewport: { width: 360, height: 740 }, hasTouch: true });
    assert.equal(await overflow(page), 0, "logged out");
    await page.click("#tab-register");
    assert.equal(await overflow(page), 0, "registration");
    await logIn(page, BELKA);
    await getToken(page);
    await page.click("#trial-promote");
    await page.waitForSelector("#trial-result:visible");
    await page.click("#token details summary");
    await ask(page, "DELETE", `/orders/${"x".repeat(200)}`);
    assert.equal(await overflow(page), 0, "with a token, a refusal and a long path");

    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const first = await background();
    await page.click("#theme");
    assert.notEqual(await background(), first, "the toggle changes the colours");
    await page.reload();
    assert.notEqual(await background(), first, "and the choice is kept");
    await close(page);
  });
}

test("the page comes with a strict content security policy and needs nothing more", async () => {
  const response = await fetch(issuer.url);
  const policy = response.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*/);
});

/** Whatever the page complained of and no test expected fails it here. */
async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}
