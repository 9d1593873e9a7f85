// Takes webhooks on loopback and checks each with npm's `standardwebhooks`. Each line of standard
// input is the secret to trust from then on; each line of standard output is what was heard. It ends
// with its input.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Webhook } = createRequire(`${process.env.LAIKA_TOOLS}/`)("standardwebhooks");

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
let webhook;

const server = createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  try {
    say({ good: true, event: webhook.verify(body, request.headers) });
    response.writeHead(204).end();
  } catch (error) {
    say({ good: false, error: String(error) });
    // It was heard, so nobody need send it again.
    response.writeHead(204).end();
  }
});
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));

createInterface({ input: process.stdin })
  .on("line", (secret) => {
    webhook = new Webhook(secret);
    say({ trusts: secret });
  })
  .on("close", () => {
    server.close();
    server.closeAllConnections();
  });
