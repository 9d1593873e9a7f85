// Logs in at the issuer, and calls the API; what happens without a network, the service worker knows.
import { createSession, SessionError } from "/laika-client.js";

await navigator.serviceWorker.register("/sw.js", { type: "module" });
await navigator.serviceWorker.ready;

const issuer = await (await fetch("/issuer.json")).json();
const session = createSession({ issuer, apis: { [location.origin]: "orders" }, client: "the example" });

const [form, account, name, message] = ["log-in", "account", "name", "message"].map((id) => document.getElementById(id));

session.onChange((user) => {
  form.hidden = user !== undefined;
  account.hidden = user === undefined;
  name.textContent = user?.username ?? "";
  message.textContent = "";
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => session.logIn(Object.fromEntries(new FormData(form))));
});
document.getElementById("log-out").addEventListener("click", () =>
  attempt(async () => {
    await session.logOut();
    for (const kept of await caches.keys()) await caches.delete(kept);
  }),
);
document.getElementById("show").addEventListener("click", () =>
  attempt(async () => {
    const response = await session.fetch("/api/orders");
    message.textContent = response.ok ? (await response.json()).orders.join(", ") : `refused: ${response.status}`;
  }),
);
await attempt(() => session.restore());

/** Does `work`, and shows why the issuer refused it. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    message.textContent = error.message;
  }
}
