// Logs in at the issuer, and calls the API with a token that the session gets and renews.
import { createSession, SessionError } from "/laika-client.js";

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
document.getElementById("log-out").addEventListener("click", () => attempt(() => session.logOut()));
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
