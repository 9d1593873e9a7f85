// Passkeys by `laika-verifier/client`, in a real Chromium with the authenticator that it has for tests.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startIssuer } from "./client/issuer.mjs";
import { startPage } from "./client/site.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const tools = process.env.LAIKA_TOOLS ?? here("../../tests/tools");
const { chromium } = createRequire(join(tools, "package.json"))("playwright-core");
const PASSWORD = "four-steps-beyond-the-kennel";

// A passkey belongs to a name, and `localhost` is the one that needs no TLS.
const named = (url) => url.replace("127.0.0.1", "localhost");
let browser, issuer, app, url, page;

before(async () => {
  app = await startPage();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  url = `http://localhost:${port}`;
  issuer = await startIssuer(here("client/seed.toml"), { LISTEN: `127.0.0.1:${port}`, PUBLIC_URL: url, ALLOWED_ORIGINS: named(app.origin) });
  browser = await chromium.launch({
    executablePath: process.env.LAIKA_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  page = await browser.newPage();
  await page.goto(named(app.origin));
  await page.waitForSelector("html[data-ready]", { state: "attached" });
  await page.evaluate((issuer) => (globalThis.session = client.createSession({ issuer })), url);
});
after(async () => {
  await browser?.close();
  for (const part of [issuer, app]) await part?.stop();
});

/** What a call on the session gives, or its code. */
const call = (name, ...values) =>
  page.evaluate(([name, values]) => session[name](...values).then((value) => value ?? null, ({ code }) => code), [name, values]);
const amr = () =>
  page.evaluate(async () => JSON.parse(atob((await session.token("orders")).split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).amr);

test("a passkey is made, logs in, is a second factor and a step-up, and goes", async () => {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
  await call("register", { username: "zvezdochka", email: "zvezdochka@example.com", password: PASSWORD });
  assert.deepEqual(await call("passkeys"), []);
  assert.deepEqual(await amr(), ["pwd"]);
  const made = await call("addPasskey", { name: "my laptop" });
  assert.deepEqual([made.name, made.backedUp, made.backupCodes.length], ["my laptop", false, 10]);
  assert.deepEqual(await amr(), ["pwd", "pop", "user", "mfa"], "tokens say so at once");
  assert.equal(await call("addPasskey"), "passkey_refused", "this device has one");

  await call("logOut");
  assert.equal((await call("logInByPasskey")).username, "zvezdochka");
  assert.deepEqual(await amr(), ["pop", "user", "mfa"]);
  assert.equal(await call("stepUp", { passkey: true }), null);
  const [listed] = await call("passkeys");
  assert.deepEqual([listed.id, typeof listed.lastUsedAt], [made.id, "number"]);

  await call("logOut");
  const asked = await page.evaluate((password) =>
    session.logIn({ login: "zvezdochka", password }).then(null, ({ secondFactor }) => secondFactor), PASSWORD);
  assert.deepEqual(asked.methods, ["passkey", "backup_code"]);
  assert.equal((await call("finishLogIn", asked.id, { passkey: true })).username, "zvezdochka");
  assert.deepEqual(await amr(), ["pwd", "pop", "user", "mfa"]);

  await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  assert.equal(await call("stepUp", { passkey: true }), "passkey_refused");
  assert.equal(await call("removePasskey", made.id), null);
  assert.deepEqual(await call("passkeys"), []);
  await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
  assert.equal(await call("logInByPasskey"), "credentials_invalid");
});

test("a browser that knows no passkeys says so", async () => {
  await page.evaluate(() => delete globalThis.PublicKeyCredential);
  assert.equal(await call("logInByPasskey"), "passkey_unavailable");
});
