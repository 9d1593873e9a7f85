// The console of administrators, as one uses it: real issuer, real Chromium.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { totp } from "./authenticator-app.mjs";
import { hold, openPage, overflow, refuse, startBrowser } from "./browser.mjs";
import { startIssuer } from "./issuer.mjs";
import { logIn, register } from "./person.mjs";

const PASSWORD = "four-steps-beyond-the-kennel";
const BELKA = { login: "belka", password: "strelka-came-back-with-me-1960" };

let issuer;
let browser;
let page;
before(async () => {
  [issuer, browser] = await Promise.all([startIssuer(), startBrowser()]);
  page = await openPage(browser, await issuer.invitation);
  await register(page, { username: "root-dog", email: "root@example.com", password: PASSWORD });
  await page.waitForSelector("#console:visible");
});
after(async () => {
  await browser?.close();
  await issuer?.stop();
});

/** Asks the issuer as the page does; the answer, or the status of a refusal. */
const call = (method, path, body) => page.evaluate(async ([method, path, body]) => {
  const headers = { "content-type": "application/json" };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) return response.status;
  return response.status === 204 ? null : response.json();
}, [method, path, body]);

const found = async (username) => (await call("GET", `/v1/admin/users?username=${username}`)).items[0];
const openTab = (name) => page.click(`#tab-${name}`);
const focused = () => page.evaluate(() => document.activeElement.id);
const hasFocus = (selector) => page.waitForFunction((selector) => document.activeElement.matches(selector), selector);
const confirm = () => page.click("#ask-confirm:enabled");
const rolesOf = async (id) => (await call("GET", `/v1/admin/users/${id}/roles`)).roles.map(({ name }) => name);

/** Shows everybody, and presses the name of one. */
async function press(name) {
  await page.click(`#people th button:text-is("${name}")`);
}

async function showIt() {
  await page.fill("#ask-input", PASSWORD);
  await confirm();
}

async function open(name) {
  await openTab("people");
  await page.fill("#find-prefix", name);
  await page.click("#find-people button[type=submit]");
  await page.click(`#people tbody tr:only-child th button:text-is("${name}")`);
  await page.waitForFunction((name) => document.querySelector("#person-title").textContent === name, name);
  await page.waitForSelector("#person:visible");
}

test("who does not administer sees nothing of it", async () => {
  const theirs = await openPage(browser, issuer.url);
  assert.equal(await theirs.isVisible("#console"), false);
  await logIn(theirs, BELKA);
  await theirs.waitForSelector("#signed-in:visible");
  await theirs.waitForFunction(() => [...document.querySelectorAll("#calls td.mono")].some((cell) => cell.textContent === "GET /v1/me/roles"));
  assert.equal(await theirs.isVisible("#console"), false);
  assert.equal(await theirs.isVisible("#nav-console"), false);
  assert.deepEqual(theirs.complaints, []);
  await theirs.context().close();
});

test("somebody is found, looked at, and given a role", async () => {
  await open("belka");
  assert.equal(await focused(), "person-title");
  assert.match(await page.textContent("#person-facts"), /orders\/clerk/);
  await page.fill("#give-role-name", "no/such");
  await page.click("#give-role button");
  await page.waitForSelector("#give-role .form-error:visible");
  await hasFocus("#give-role button");
  await call("POST", "/v1/admin/roles", { name: "auditor", level: 40, permissions: ["orders:read"] });
  await page.fill("#give-role-name", "auditor");
  await page.click("#give-role button");
  await page.click('#person-facts button[aria-label="Take the role auditor from belka"]');
  await page.waitForFunction(() => !document.querySelector("#person-facts").textContent.includes("auditor"));
  await hasFocus("#person-title");
  assert.equal(await page.textContent("#said"), "The role auditor is taken.");
  assert.deepEqual(await rolesOf((await found("belka")).id), ["orders/clerk", "user"]);
  assert.match(page.complaints.splice(0).join(), /^PUT \S+\/roles\/no%2Fsuch 404$/);
});

test("sessions are ended, accounts disabled, enabled and deleted, and each is asked about", async () => {
  const theirs = await openPage(browser, issuer.url);
  await register(theirs, { username: "pushok", email: "pushok@example.com", password: PASSWORD });
  await theirs.waitForSelector("#signed-in:visible");
  const { id } = await found("pushok");
  await open("pushok");
  await page.click("#person-sessions tbody button");
  await page.waitForSelector('#person-sessions :text("No session is open.")');
  assert.deepEqual((await call("GET", `/v1/admin/users/${id}/sessions`)).items, []);
  await hasFocus("#person-title");
  await theirs.click("#add-totp");
  await theirs.waitForSelector("#signed-out:visible");

  await page.click('#person-actions button:text-is("Disable")');
  await page.click('#ask button:text-is("Cancel")');
  assert.equal((await found("pushok")).status, "active");
  await page.click('#person-actions button:text-is("Disable")');
  await confirm();
  await page.click('#person-actions button:text-is("Enable")');
  await page.waitForSelector('#person-actions button:text-is("Disable")');
  assert.equal((await found("pushok")).status, "active");

  await page.click('#person-actions button:text-is("Delete")');
  assert.equal(await page.isEnabled("#ask-confirm"), false);
  await page.fill("#ask-input", "pusho");
  assert.equal(await page.isEnabled("#ask-confirm"), false);
  await page.fill("#ask-input", "pushok");
  await confirm();
  await page.waitForSelector('#person-facts :text-is("deleted")');
  assert.equal((await call("GET", "/v1/admin/users?status=deleted")).items[0].id, id);
  assert.deepEqual(page.complaints, []);
  await theirs.context().close();
});

test("what somebody writes of themselves stays text, and a list goes on", async () => {
  const markup = "<img src=x onerror=alert(1)>";
  const theirs = await browser.newContext({ userAgent: markup });
  const their = await theirs.newPage();
  await their.goto(issuer.url);
  await their.waitForSelector("html[data-ready]");
  await logIn(their, BELKA);
  await their.waitForSelector("#signed-in:visible");
  await open("belka");
  await page.waitForSelector(`#person-sessions :text("${markup}")`);
  assert.equal(await page.locator("#person-sessions img").count(), 0);
  await theirs.close();

  const { id } = await found("belka");
  for (const method of Array(11).fill(["PUT", "DELETE"]).flat()) await call(method, `/v1/admin/users/${id}/roles/auditor`);
  await openTab("audit");
  await page.waitForSelector("#audit tbody tr:nth-child(20)");
  await page.click('#audit button:text-is("More"):visible');
  await page.waitForSelector("#audit tbody tr:nth-child(21)");
  await page.fill("#find-action", "user.disabled");
  await page.click("#find-audit button");
  await page.waitForFunction(() => document.querySelectorAll("#audit tbody tr").length === 1);
  assert.deepEqual(page.complaints, []);
});

test("roles get other permissions, services are shown, and the next key is made", async () => {
  await openTab("roles");
  await page.click('#roles button:text-is("auditor")');
  await page.fill("#change-role-permissions", "orders:read\norders:create");
  await page.click("#change-role button[type=submit]");
  await page.waitForSelector("#change-role", { state: "hidden" });
  await page.waitForFunction(() => document.activeElement.matches("#roles button") && document.activeElement.textContent === "auditor");
  assert.deepEqual((await call("GET", "/v1/admin/roles/auditor")).permissions, ["orders:create", "orders:read"]);

  await openTab("services");
  await page.waitForSelector('#services :text-is("orders:cancel")');

  await openTab("keys");
  await page.waitForSelector("#keys tbody tr");
  const before = await page.locator("#keys tbody tr").count();
  await page.click("#rotate");
  await confirm();
  await page.waitForFunction((before) => document.querySelectorAll("#keys tbody tr").length === before + 1, before);
  assert.deepEqual(page.complaints, []);
});

test("it is worked by keys, and fits a telephone", async () => {
  await page.focus("#tab-people");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await focused(), "tab-audit");
  assert.equal(await page.isVisible("#panel-audit"), true);
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "tab-people");
  await page.setViewportSize({ width: 360, height: 740 });
  for (const name of ["people", "roles", "services", "keys", "audit"]) {
    await openTab(name);
    assert.equal(await overflow(page), 0, name);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
});

test("a card is of nobody before it is read, and what was begun on it is done to nobody else", async () => {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ username: "mushka", email: "mushka@example.com", password: PASSWORD });
  await fetch(`${issuer.url}/v1/users`, { method: "POST", headers, body });
  const [belka, mushka] = [(await found("belka")).id, (await found("mushka")).id];
  await open("belka");
  await page.fill("#find-prefix", "");
  await page.click("#find-people button[type=submit]");
  await refuse(page, "GET", `/v1/admin/users/${mushka}`, 503, "unavailable", "come back later");
  await press("mushka");
  await page.waitForSelector("#person-error:visible");
  assert.equal(await page.textContent("#person-title"), "mushka");
  assert.equal(await page.isVisible("#give-role"), false);
  assert.match(page.complaints.splice(0).join(), /^GET \S+ 503$/);

  // The younger of two answers is the older one's.
  const late = await hold(page, "GET", `/v1/admin/users/${belka}`);
  await press("belka");
  await late.asked;
  await press("mushka");
  await page.waitForSelector(`#person-facts :text("${mushka}")`);
  late.release();
  await page.waitForResponse((response) => response.url().endsWith(belka));
  assert.equal(await page.textContent("#person-title"), "mushka");
  await page.unrouteAll();

  // Another card is opened while the first one's change waits for a proof.
  await open("belka");
  await page.fill("#find-prefix", "");
  await page.click("#find-people button[type=submit]");
  await refuse(page, "PUT", `/v1/admin/users/${belka}/roles/auditor`, 401, "authentication_too_old");
  const factors = await hold(page, "GET", "/v1/me/factors");
  await page.fill("#give-role-name", "auditor");
  await page.click("#give-role button");
  await factors.asked;
  await press("mushka");
  await page.waitForSelector(`#person-facts :text("${mushka}")`);
  factors.release();
  await showIt();
  await page.waitForFunction(() => document.querySelector("#said").textContent === "The role auditor is given.");
  assert.deepEqual(await rolesOf(mushka), ["user"]);
  assert.ok((await rolesOf(belka)).includes("auditor"));
  assert.match(page.complaints.splice(0).join(), /^PUT \S+ 401$/);
  await page.unrouteAll();

  // A card that was closed meanwhile stays closed.
  await open("belka");
  const taken = await hold(page, "DELETE", `/v1/admin/users/${belka}/roles/auditor`);
  await page.click('#person-facts button[aria-label="Take the role auditor from belka"]');
  await taken.asked;
  await page.click('#person-facts button[aria-label="Take the role auditor from belka"]');
  assert.match(await page.textContent("#person-error"), /^Something else is being done/);
  await page.click("#person-close");
  const again = page.waitForResponse((response) => new URL(response.url()).pathname === "/v1/admin/users");
  taken.release();
  await again;
  await page.waitForSelector("#person-actions:not([aria-busy])", { state: "attached" });
  assert.equal(await page.isVisible("#person"), false);
  assert.deepEqual(page.complaints, []);
  await page.unrouteAll();
});

test("no role gets the permissions of another", async () => {
  await call("POST", "/v1/admin/roles", { name: "guide", level: 60, permissions: ["orders:cancel"] });
  await openTab("roles");
  await page.click('#roles button:text-is("auditor")');
  await page.fill("#change-role-permissions", "orders:create");
  await refuse(page, "PATCH", "/v1/admin/roles/auditor", 401, "authentication_too_old", "log in again");
  const factors = await hold(page, "GET", "/v1/me/factors");
  await page.click("#change-role button[type=submit]");
  await factors.asked;
  await page.click('#roles button:text-is("guide")');
  factors.release();
  await page.waitForSelector("#ask-input");
  assert.equal(await page.textContent("#ask-text"), "Log in again. Give your password, or log out and in again.");
  await showIt();
  await page.waitForFunction(() => document.querySelector("#said").textContent === "The role auditor has other permissions.");
  const permissions = async (name) => (await call("GET", `/v1/admin/roles/${name}`)).permissions;
  assert.deepEqual([await permissions("auditor"), await permissions("guide")], [["orders:create"], ["orders:cancel"]]);
  assert.equal(await page.textContent("#change-role-title"), "Permissions of guide");
  assert.equal(await page.isVisible("#change-role"), true, "what was begun since stays");
  await page.click("#change-role-cancel");
  assert.match(page.complaints.splice(0).join(), /^PATCH \S+ 401$/);
  await page.unrouteAll();
});

test("who has a second factor since is asked for it", async () => {
  const { secret } = await call("POST", "/v1/me/factors/totp", {});
  const elsewhere = await openPage(browser, issuer.url);
  await logIn(elsewhere, { login: "root-dog", password: PASSWORD });
  await elsewhere.waitForSelector("#console:visible");
  const { backup_codes: codes } = await call("POST", "/v1/me/factors/totp/confirm", { code: totp(secret) });
  await elsewhere.fill("#find-prefix", "belka");
  await elsewhere.click("#find-people button[type=submit]");
  await elsewhere.click('#people tbody tr:only-child button:text-is("belka")');
  await elsewhere.click('#person-actions button:text-is("Disable")');
  await elsewhere.click("#ask-confirm:enabled");
  await elsewhere.waitForSelector("#ask-input");
  await elsewhere.fill("#ask-input", codes[0]);
  await elsewhere.click("#ask-confirm:enabled");
  await elsewhere.waitForSelector('#person-actions button:text-is("Enable")');
  assert.equal((await found("belka")).status, "disabled");
  assert.equal(await elsewhere.locator("#ask-input").count(), 0, "what was typed does not stay");

  // The session ends behind the page's back; the next press finds out.
  await elsewhere.evaluate(() => fetch("/v1/sessions/current", { method: "DELETE", headers: { "content-type": "application/json" } }));
  await elsewhere.click("#find-people button[type=submit]");
  await elsewhere.waitForSelector("#signed-out:visible");
  assert.equal(await elsewhere.isVisible("#console"), false);
  await elsewhere.context().close();
});

test("nothing of it stays when somebody logs out", async () => {
  await openTab("people");
  await page.waitForSelector("#people tbody tr");
  await page.click("#log-out");
  await page.waitForSelector("#console", { state: "hidden" });
  const left = await page.locator("#console tbody tr").count();
  assert.deepEqual([left, await page.textContent("#person-facts")], [0, ""]);
});
