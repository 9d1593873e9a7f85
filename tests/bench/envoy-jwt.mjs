// The hostile tokens of the golden vectors through Envoy's own `jwt_authn` filter: how many it lets
// pass although nobody should. Arguments: an Envoy, the file of vectors.
//
// Envoy asks the machine's clock, which is before the vectors' time: what is hostile only by its
// times is left out, as is what no HTTP header can carry.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isOurs } from "./ours.mjs";

const [program, file] = process.argv.slice(2);
const { options, cases } = JSON.parse(readFileSync(file, "utf8"));
const [{ issuer, audience, jwks }] = options.issuers;
const folder = mkdtempSync(join(tmpdir(), "laika-envoy-"));
const port = await freePort();
const provider = {
  issuer,
  audiences: [audience],
  subjects: { safe_regex: { regex: ".+" } },
  local_jwks: { inline_string: JSON.stringify(jwks) },
  require_expiration: true,
  clock_skew_seconds: 1,
  from_headers: [{ name: "authorization", value_prefix: "Bearer " }],
};
const type = (name) => `type.googleapis.com/envoy.extensions.filters.${name}`;
const filters = [
  {
    name: "jwt",
    typed_config: {
      "@type": type("http.jwt_authn.v3.JwtAuthentication"),
      providers: { laika: provider },
      rules: [{ match: { prefix: "/" }, requires: { provider_name: "laika" } }],
    },
  },
  { name: "router", typed_config: { "@type": type("http.router.v3.Router") } },
];
const manager = {
  "@type": type("network.http_connection_manager.v3.HttpConnectionManager"),
  stat_prefix: "in",
  http_filters: filters,
  route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }] }] },
};
const listener = {
  address: { socket_address: { address: "127.0.0.1", port_value: port } },
  filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
};
writeFileSync(join(folder, "envoy.json"), JSON.stringify({ static_resources: { listeners: [listener] } }));
const envoy = spawn(program, ["-c", join(folder, "envoy.json"), "--log-level", "error", "--base-id", String(port), "--concurrency", "1"], { stdio: "inherit" });
try {
  while (!(await ask("x"))) await sleep(100);
  const judged = cases.filter(({ name, token }) => !isOurs(name) && !/^(times|number forms): /.test(name) && /^[\x20-\x7e]+$/.test(token));
  const accepted = [];
  let hostile = 0;
  for (const { name, token, expect } of judged) {
    const passed = (await ask(token)) === 200;
    if (expect.ok) console.log(`${passed ? "knows" : "does not know"} ${name}`);
    else hostile++;
    if (passed && expect.error) accepted.push(name);
  }
  for (const kind of new Set(accepted.map((name) => name.split(":")[0]))) {
    console.log(`${kind}: ${accepted.filter((name) => name.startsWith(`${kind}:`)).length}`);
  }
  console.log(`${hostile} hostile tokens, ${accepted.length} accepted`);
  if (process.env.LAIKA_NAMES) console.log(accepted.join("\n"));
} finally {
  envoy.kill();
  rmSync(folder, { recursive: true });
}

/** The status of a request with that token; undefined where there is no answer. */
function ask(token) {
  return new Promise((answer) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => answer(undefined));
    socket.on("close", () => answer(undefined));
    socket.on("data", (data) => {
      answer(Number(data.toString("latin1").split(" ")[1]));
      socket.destroy();
    });
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`);
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
