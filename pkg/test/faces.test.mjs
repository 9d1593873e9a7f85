// One table of attacks through every face: the same status, the same code, the same answer.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as apps from "./faces/apps.mjs";
import { APP, attacks, POLICY, REALM } from "./faces/attacks.mjs";
import { send } from "./faces/raw.mjs";
import { startKeyServer } from "./key-server.mjs";
import { makeKey, mint } from "./tokens.mjs";
import { deployment, install } from "./workerd/deployment.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
/** Runtimes that hand out URLs, not request targets. */
const RESOLVING = ["hono in workerd", "worker"];

describe("every face", () => {
  const faces = new Map();
  let folder, server, table;

  before(async () => {
    const key = await makeKey("EdDSA", "k1");
    server = await startKeyServer([key]);
    const issuer = new URL(server.uri).origin;
    const seconds = Math.floor(Date.now() / 1000);
    const token = async (changes, by = key) => mint(by, { iss: issuer, iat: seconds, exp: seconds + 300, auth_time: seconds - 2000, ...changes });
    table = attacks({
      good: await token({}),
      other: await token({ sub: "somebody-else" }),
      weak: await token({ permissions: [] }),
      expired: await token({ exp: seconds - 1 }),
      foreign: await token({}, await makeKey("EdDSA", "k1")),
    });
    const source = {
      issuers: { issuer, audience: "orders", jwksUri: `${issuer}/.well-known/jwks.json` },
      policy: POLICY,
      realm: REALM,
      tokenFrom: [{ header: "authorization", scheme: "Bearer" }, { cookie: "micro" }],
      cookieOrigins: [APP],
    };
    folder = await mkdtemp(join(tmpdir(), "laika-faces-"));
    await install(folder);
    const inWorkerd = async (file) => apps.worker(await deployment(folder, here(file)), { SOURCE: source });
    faces.set("express", await apps.express(source));
    faces.set("express 4", await apps.oldExpress(source));
    faces.set("fastify", await apps.fastify(source));
    faces.set("hono", await apps.hono(source));
    faces.set("hono in workerd", await inWorkerd("workerd/hono.mjs"));
    faces.set("worker", await inWorkerd("workerd/protected.mjs"));
    faces.set("rust", await apps.rust(issuer, POLICY));
  });
  after(async () => {
    for (const face of faces.values()) await face.stop();
    await server?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  for (const face of ["express", "express 4", "fastify", "hono", "hono in workerd", "worker", "rust"]) {
    test(`${face} gives the one right answer`, async () => {
      const { port } = faces.get(face);
      for (const attack of table) {
        if (face === "rust" && (attack.cookie || attack.name === "a fragment")) continue;
        const { status, headers, body } = await send(port, attack);
        const own = attack.own?.[face];
        const [wanted, code] = (RESOLVING.includes(face) && attack.fetch) || [own ?? attack.status, attack.code];
        assert.equal(status, wanted, `${attack.name}: ${body}`);
        if (own !== undefined || attack.method === "HEAD") continue;
        if (code === undefined) assert.equal(headers["www-authenticate"], undefined, attack.name);
        else assertDenial({ status, headers, body, code, name: attack.name });
      }
    });
  }

  test("in the same words as in Rust", async () => {
    for (const attack of table.filter(({ code, cookie, own, fetch, name }) => code && !cookie && !own && !fetch && name !== "a fragment")) {
      const words = async ({ port }) => {
        const { status, headers, body } = await send(port, attack);
        return { status, body, type: headers["content-type"], challenge: headers["www-authenticate"] };
      };
      const rust = await words(faces.get("rust"));
      for (const [face, app] of faces) assert.deepEqual(await words(app), rust, `${face}: ${attack.name}`);
    }
  });

  test("and hands the token to the app", async () => {
    const [attack] = table;
    for (const [face, { port }] of faces) {
      if (face === "rust") continue;
      const { subject } = JSON.parse((await send(port, attack)).body);
      assert.match(subject, /^[0-9a-f-]{36}$/, face);
    }
  });
});

function assertDenial({ status, headers, body, code, name }) {
  const problem = JSON.parse(body);
  assert.deepEqual([problem.code, problem.status, problem.type], [code, status, "about:blank"], name);
  assert.equal(headers["content-type"], "application/problem+json", name);
  assert.equal(headers["cache-control"], "no-store", name);
  const challenge = headers["www-authenticate"];
  if (status === 401 || status === 403) assert.match(challenge, new RegExp(`^Bearer realm="${REALM}"`), name);
  else assert.equal(challenge, undefined, name);
}
