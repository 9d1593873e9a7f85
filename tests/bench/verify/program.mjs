// The measurement in Node, Deno or Bun: `program.mjs FOLDER` reads `scene.json` there and leaves its
// rows beside it. It says on standard error what it is at.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { measured } from "./cases.mjs";
import { contenders } from "./contenders.mjs";
import { starts } from "./starts.mjs";

const [name, version] = globalThis.Deno ? ["Deno", Deno.version.deno] : globalThis.Bun ? ["Bun", Bun.version] : ["Node", process.versions.node];
const folder = process.argv[2];
const say = (text) => console.error(`${name} ${version}: ${text}`);
const scene = JSON.parse(readFileSync(join(folder, "scene.json"), "utf8"));
const cedar = async () => (await import("@cedar-policy/cedar-wasm/nodejs")).default;
const rows = await measured(scene, { contenders, cedar }, say);
say("start and memory");
rows.push(...starts(folder));
writeFileSync(join(folder, `${name.toLowerCase()}-${version}.json`), JSON.stringify({ runtime: `${name} ${version}`, rows }));
