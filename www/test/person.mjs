// What a person does on the page and sees there.

/** Fills in the registration and sends it. */
export async function register(page, { username, email, password }) {
  await page.click("#tab-register");
  await page.fill("#register-username", username);
  await page.fill("#register-email", email);
  await page.fill("#register-password", password);
  await page.click("#register button[type=submit]");
}

/** Fills in the log-in and sends it. */
export async function logIn(page, { login, password }) {
  await page.click("#tab-log-in");
  await page.fill("#log-in-login", login);
  await page.fill("#log-in-password", password);
  await page.click("#log-in button[type=submit]");
}

/** Gets a token and waits until it is verified and the time that takes is measured. */
export async function getToken(page) {
  await page.click("#get-token:enabled");
  await page.waitForSelector("#timings div:nth-child(2)");
}

/** The claims as the page shows them. */
export async function shownClaims(page) {
  return JSON.parse(await page.textContent("#claims-json"));
}

/** The decision table: request to `[without a token, with it]`. */
export async function decisions(page) {
  const rows = await page.locator("#decisions tbody tr").evaluateAll((all) => all.map((row) => [
    row.querySelector(".link").textContent,
    [...row.cells].slice(1).map((cell) => cell.innerText.replaceAll(/\s+/g, " ").trim()),
  ]));
  return Object.fromEntries(rows);
}

/** Puts a request to the policy lab. */
export async function ask(page, method, path) {
  await page.selectOption("#request-method", method);
  await page.fill("#request-path", path);
}

/** The message at a field, once there is one. */
export async function fieldError(page, id) {
  await page.waitForSelector(`#${id}-error`);
  return page.textContent(`#${id}-error`);
}
