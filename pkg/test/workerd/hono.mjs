// A Hono app in a worker, as a user would write it.
import { Hono } from "hono";
import { protect } from "laika-verifier/middleware/hono";

const app = new Hono();
app.use(protect(({ SOURCE }) => SOURCE));
app.all("/*", (c) => c.json({ subject: c.get("token")?.subject ?? null, url: c.req.path }));

export default app;
