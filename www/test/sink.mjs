// A real SMTP server, the one that the issuer's own tests use, and what it took.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../issuer/tests/mail/sink.py", import.meta.url));

/** `{ url, next, stop }`: `next(address)` waits for the next mail to it that was not read before. */
export async function startSink() {
  const python = process.env.LAIKA_AIOSMTPD;
  if (!python) throw new Error("`LAIKA_AIOSMTPD` names no Python that has `aiosmtpd`: run `cargo xtask test --only page`");
  const child = spawn(python, [script, "0"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the SMTP server has ended");
    return JSON.parse(value);
  };
  const { port } = await read();
  const others = [];
  return {
    url: `smtp://127.0.0.1:${port}`,
    async next(address) {
      const known = others.findIndex((mail) => mail.to.includes(address));
      if (known >= 0) return others.splice(known, 1)[0];
      for (;;) {
        const mail = await read();
        if (mail.to.includes(address)) return mail;
        others.push(mail);
      }
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

/** The link of a mail to this part of the page. */
export function linkTo(part, mail) {
  const links = mail.body.match(new RegExp(`^\\S+/#${part}=\\S+$`, "gm")) ?? [];
  if (links.length !== 1) throw new Error(`no link to ${part} in: ${mail.body}`);
  return links[0];
}
