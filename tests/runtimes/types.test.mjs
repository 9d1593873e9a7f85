// What the declarations promise to a project with strict settings, however it resolves modules.
import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { freshProject, installed } from "./project.mjs";

const USER = `
import { createVerifier, decodeUnverified, LaikaError } from "laika-verifier";
import type { Decision, LaikaErrorCode, Policy, VerifiedToken, Verifier, VerifierOptions } from "laika-verifier";
import * as slim from "laika-verifier/slim";
import type { ModuleSource } from "laika-verifier/slim";

interface MyClaims {
  tenant: string;
  plan?: "free" | "paid";
}

const policy: Policy = { version: 1, rules: [{ id: "list", path: "/orders", require: "orders:read" }] };
const options: VerifierOptions = {
  issuers: { issuer: "https://id.example.com", audience: "orders", jwksUri: "https://id.example.com/jwks" },
  policy,
};

export async function use(text: string, source: ModuleSource): Promise<string> {
  const verifier: Verifier<MyClaims> = await createVerifier<MyClaims>(options);
  const token: VerifiedToken<MyClaims> = await verifier.verify(text);
  const decision: Decision<MyClaims> = verifier.authorizeSync(text, { method: "GET", path: "/orders" });
  const tenant: string | undefined = decision.token?.claims.tenant;
  const plan: "free" | "paid" | undefined = token.claims.plan;
  const { claims }: { claims: object } = decodeUnverified(text);
  await slim.loadModule(source);
  const other: slim.Verifier<MyClaims> = await slim.createVerifier<MyClaims>(options);
  other.free();
  verifier[Symbol.dispose]();
  return \`\${tenant} \${plan} \${token.claims.sub} \${token.permissions[0]?.length} \${claims}\`;
}

export function codeOf(error: unknown): LaikaErrorCode | undefined {
  return error instanceof LaikaError ? error.code : undefined;
}

export async function wrong(verifier: Verifier<MyClaims>, token: VerifiedToken<MyClaims>): Promise<void> {
  // @ts-expect-error: no such claim
  token.claims.tenannt;
  // @ts-expect-error: may be absent
  token.claims.plan satisfies string;
  // @ts-expect-error: no such permission at that place, perhaps
  token.permissions[0] satisfies string;
  // @ts-expect-error: results are read-only
  token.claims.sub = "other";
  // @ts-expect-error: an option that is there has a value
  await createVerifier({ ...options, clockTolerance: undefined });
  // @ts-expect-error: claims of another verifier
  ((await createVerifier<{ other: string }>(options)) satisfies Verifier<MyClaims>);
  void verifier;
}
`;

const COMMONJS = `
import laika = require("laika-verifier");
import slim = require("laika-verifier/slim");

export async function use(text: string, bytes: Uint8Array): Promise<string> {
  await slim.loadModule(bytes);
  const verifier: laika.Verifier<{ tenant: string }> = await laika.createVerifier<{ tenant: string }>({
    issuers: { issuer: "https://id.example.com", audience: "orders", publicKey: "" },
  });
  try {
    return verifier.verifySync(text).claims.tenant;
  } catch (error) {
    if (error instanceof laika.LaikaError) return error.code satisfies laika.LaikaErrorCode;
    throw error;
  }
}
`;

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  skipLibCheck: false,
  noEmit: true,
  target: "es2022",
};
const BROWSER = { lib: ["es2022", "dom", "dom.iterable", "esnext.disposable"], types: [] };
const NODE = { lib: ["es2022"], types: ["node"] };

/** By name: compiler options and files. */
const PROJECTS = {
  "bundler, with a page's libraries": [{ module: "esnext", moduleResolution: "bundler", ...BROWSER }, ["user.ts", "all.ts"]],
  "bundler, with Node's": [{ module: "esnext", moduleResolution: "bundler", ...NODE }, ["user.ts", "servers.ts"]],
  node16: [{ module: "node16", moduleResolution: "node16", ...NODE }, ["user.ts", "user.cts", "servers.ts"]],
  nodenext: [{ module: "nodenext", moduleResolution: "nodenext", ...NODE }, ["user.ts", "user.cts", "servers.ts"]],
  "nodenext, with a page's libraries": [{ module: "nodenext", ...BROWSER }, ["user.ts", "user.cts", "all.ts"]],
};

describe("types", () => {
  let project;

  before(async () => {
    project = await freshProject({}, { "user.ts": USER, "user.cts": COMMONJS });
    // The others need their frameworks' declarations, with which the package's own tests check them.
    const entries = [...project.entries, "laika-verifier/laika-verifier.wasm"].filter((name) => !/fastify|hono/.test(name));
    const imports = (names) => names.map((name, i) => `import * as entry${i} from "${name}";\nvoid entry${i};\n`).join("");
    await project.write("all.ts", imports(entries));
    // Node's declarations know nothing of WebAssembly, nor of what a page's session needs.
    await project.write("servers.ts", imports(entries.filter((name) => !/wasm|client/.test(name))));
    await mkdir(project.path("node_modules/@types"));
    await symlink(installed("@types/node"), project.path("node_modules/@types/node"));
  });
  after(() => project?.remove());

  const check = async (compiler, compilerOptions, files) => {
    await project.write("tsconfig.json", JSON.stringify({ compilerOptions: { ...STRICT, ...compilerOptions }, files }));
    const tsc = join(installed(compiler), "bin/tsc");
    const faults = await project.run(process.execPath, [tsc, "-p", "."]).catch(({ stdout, stderr }) => `${stdout}${stderr}`);
    assert.equal(faults, "");
  };

  for (const [name, [options, files]] of Object.entries(PROJECTS)) {
    test(name, () => check("typescript", options, files));
  }

  // Slower, and still what most projects have.
  test("TypeScript 5", () => check("typescript-5", ...PROJECTS.nodenext));

  test("TypeScript 5, as projects resolved before export maps", () =>
    check("typescript-5", { module: "commonjs", moduleResolution: "node10", ...NODE }, ["user.cts", "servers.ts"]));
});
