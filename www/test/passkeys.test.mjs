// Passkeys and authenticator apps, as a person adds and uses them: real issuer, real Chromium, with the
// authenticator that Chromium has for tests.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { after, before, test } from "node:test";

import { totp } from "./authenticator-app.mjs";
import { openPage, refuse, startBrowser } from "./browser.mjs";
import { startIssuer } from "./issuer.mjs";
import { getToken, logIn, register, shownClaims } from "./person.mjs";

const PASSWORD = "four-steps-beyond-the-kennel";
const person = (username) => ({ username, email: `${username}@example.com`, password: PASSWORD });

let issuer;
let browser;
let url;
before(async () => {
  // A passkey belongs to a name, and `localhost` is the one that needs no TLS.
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  url = `http://localhost:${port}`;
  [issuer, browser] = await Promise.all([
    startIssuer(`public_url = "${url}"`, { LAIKA_LISTEN: `127.0.0.1:${port}` }),
    startBrowser(),
  ]);
});
after(async () => {
  await browser?.close();
  await issuer?.stop();
});

/** A page whose browser has an authenticator; `authenticator(method, parameters)` commands it. */
async function openWithAuthenticator(settings = {}) {
  const page = await openPage(browser, url);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true, ...settings,
    },
  });
  const authenticator = (method, parameters = {}) =>
    devtools.send(`WebAuthn.${method}`, { authenticatorId, ...parameters });
  return { page, authenticator };
}

async function addPasskey(page) {
  await page.click("#add-passkey");
  await page.waitForSelector("#backup-codes:visible");
  const codes = await page.locator("#backup-codes-list li").allTextContents();
  await page.click("#backup-codes-kept");
  return codes;
}

async function logOut(page) {
  await page.click("#log-out");
  await page.waitForSelector("#signed-out:visible");
}

async function pressSignIn(page) {
  await page.click("#tab-log-in");
  await page.click("#sign-in-by-passkey");
}

async function amr(page) {
  await getToken(page);
  const claims = await shownClaims(page);
  return [claims.amr, claims.acr, claims.username];
}

test("a passkey is added, signs in without a user name, and is a second factor", async () => {
  const { page, authenticator } = await openWithAuthenticator();
  await register(page, person("strelka"));
  await page.waitForSelector("#add-passkey:visible");
  const codes = await addPasskey(page);
  assert.equal(codes.length, 10);
  assert.equal(await page.locator("#backup-codes-list li").count(), 0, "shown once");
  const { credentials: [credential] } = await authenticator("getCredentials");
  assert.deepEqual([credential.rpId, credential.isResidentCredential], ["localhost", true]);
  await page.waitForSelector("#factors-list li:nth-child(2)");

  await logOut(page);
  await pressSignIn(page);
  await page.waitForSelector("#signed-in:visible");
  assert.deepEqual(await amr(page), [["pop", "user", "mfa"], "aal2", "strelka"]);

  await logOut(page);
  await logIn(page, { login: "strelka", password: PASSWORD });
  await page.waitForSelector("#second-step-passkey:visible");
  assert.equal(await page.evaluate(() => document.activeElement.id), "second-step-passkey");
  await page.click("#second-step-passkey");
  await page.waitForSelector("#signed-in:visible");
  assert.deepEqual(await amr(page), [["pwd", "pop", "user", "mfa"], "aal2", "strelka"]);

  // The device has one already, and makes no other.
  await page.click("#add-passkey");
  await page.waitForSelector("#new-factor .form-error:visible");
  assert.equal(await page.textContent("#new-factor .form-error"), "This device has a passkey of your account already.");

  await page.locator("#factors-list button").click();
  await page.waitForSelector("#factors-none:visible");
  await page.waitForFunction(() => document.activeElement.id === "factors-title");
  assert.match(await page.textContent("#said"), /is removed\.$/);
  await logOut(page);
  await pressSignIn(page);
  await page.waitForSelector("#log-in .form-error:visible");
  await page.context().close();
  assert.deepEqual(page.complaints, ["POST /v1/sessions/passkey/finish 401"]);
});

test("whoever is not verified by the device is not let in", async () => {
  const { page, authenticator } = await openWithAuthenticator();
  await register(page, person("veterok"));
  await page.waitForSelector("#add-passkey:visible");
  await addPasskey(page);
  await logOut(page);
  await authenticator("setUserVerified", { isUserVerified: false });
  await pressSignIn(page);
  await page.waitForSelector("#log-in .form-error:visible");
  assert.equal(await page.textContent("#log-in .form-error"), "No passkey was used.");
  await page.context().close();
  assert.deepEqual(page.complaints, []);
});

test("a cloned passkey is refused", async () => {
  const { page, authenticator } = await openWithAuthenticator();
  await register(page, person("ugolyok"));
  await page.waitForSelector("#add-passkey:visible");
  await addPasskey(page);
  const { credentials: [cloned] } = await authenticator("getCredentials");
  await logOut(page);
  await pressSignIn(page);
  await page.waitForSelector("#signed-in:visible");
  await logOut(page);
  await authenticator("removeCredential", { credentialId: cloned.credentialId });
  await authenticator("addCredential", { credential: { ...cloned, signCount: 0 } });
  await pressSignIn(page);
  await page.waitForSelector("#log-in .form-error:visible");
  await page.context().close();
  assert.deepEqual(page.complaints, ["POST /v1/sessions/passkey/finish 401"]);
});

test("an authenticator app is added by its first code, and removed", async () => {
  const { page } = await openWithAuthenticator();
  await register(page, person("zvezdochka"));
  await page.click("#add-totp");
  await page.waitForSelector("#totp:visible");
  // The code is an image that can be seen, of what the link says.
  assert.ok(await page.locator("#totp-image img").evaluate((image) => image.decode().then(() => image.naturalWidth >= 192)));
  const secret = (await page.textContent("#totp-secret")).replaceAll(" ", "");
  assert.equal(new URL(await page.getAttribute("#totp-link", "href")).searchParams.get("secret"), secret);
  await page.fill("#totp-code", "000000");
  await page.click("#totp button[type=submit]");
  await page.waitForSelector("#totp-code-error");
  await page.fill("#totp-code", totp(secret));
  await page.click("#totp button[type=submit]");
  await page.waitForSelector("#backup-codes:visible");
  const codes = await page.locator("#backup-codes-list li").allTextContents();
  assert.deepEqual([codes.length, await page.textContent("#totp-secret")], [10, ""]);
  await page.click("#backup-codes-kept");
  await logOut(page);
  await logIn(page, { login: "zvezdochka", password: PASSWORD });
  await page.waitForSelector("#second-step:visible");
  assert.equal(await page.isVisible("#second-step-passkey"), false, "there is none");
  await page.fill("#second-step-code", codes[0]);
  await page.click("#second-step button[type=submit]");
  await page.waitForSelector("#factors-list li:visible");
  await page.locator("#factors-list button").click();
  await page.waitForSelector("#factors-none:visible");
  await page.context().close();
  assert.deepEqual(page.complaints, ["POST /v1/me/factors/totp/confirm 422"]);
});

test("where no passkey is at hand, a code will do", async () => {
  const { page, authenticator } = await openWithAuthenticator();
  await page.goto(await issuer.invitation);
  await register(page, person("chernushka"));
  await page.waitForSelector("#console:visible");
  const codes = await addPasskey(page);
  await authenticator("setUserVerified", { isUserVerified: false });
  await page.click("#tab-keys");
  await refuse(page, "POST", "/v1/admin/keys/rotate", 401, "authentication_too_old");
  await page.click("#rotate");
  await page.click("#ask-confirm:enabled");
  await page.waitForSelector("#ask-input");
  await page.fill("#ask-input", codes[0]);
  await page.click("#ask-confirm:enabled");
  await page.waitForFunction(() => document.querySelector("#said").textContent === "The next key is made.");
  await page.context().close();
  assert.deepEqual(page.complaints, ["POST /v1/admin/keys/rotate 401"]);
});
