// What each part of the WebAssembly module for JavaScript costs, and whether what is shipped stays
// within its ceilings: `node size.mjs MODULE_WITH_NAMES SHIPPED SCRIPT CEILINGS`. Sizes are bytes;
// "gzip" is gzip -9. See `size.rs`.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const [named, shipped, script, ceilings] = process.argv.slice(2);
const gzip = (path) => gzipSync(readFileSync(path), { level: 9 }).length;
const sizes = { module: gzip(shipped), script: gzip(script) };
const parts = partsOf(readFileSync(named));
const total = parts.reduce((sum, [, bytes]) => sum + bytes, 0);

console.log(`module ${readFileSync(shipped).length} bytes, gzip ${sizes.module}; script gzip ${sizes.script}`);
for (const [part, bytes] of parts.filter(([, bytes]) => bytes >= total / 250)) {
  console.log(`${String(bytes).padStart(8)}  ${((bytes / total) * 100).toFixed(1).padStart(5)} %  ${part}`);
}
for (const [what, { ceiling, goal }] of Object.entries(JSON.parse(ceilings))) {
  const verdict = sizes[what] > ceiling ? "TOO LARGE" : sizes[what] > goal ? "not at its goal yet" : "good";
  console.log(`${what}: gzip ${sizes[what]}, ceiling ${ceiling}, goal ${goal}: ${verdict}`);
  if (sizes[what] > ceiling) process.exitCode = 1;
}

/** Bytes of code by crate or module, and of data, largest first. */
function partsOf(module) {
  const { imported, bodies, names, data } = read(module);
  const parts = new Map([["data: texts and tables", data]]);
  bodies.forEach((bytes, index) => {
    const part = partOf(names.get(index + imported) ?? "unnamed");
    parts.set(part, (parts.get(part) ?? 0) + bytes);
  });
  return [...parts].sort(([, a], [, b]) => b - a);
}

/** The first crate of ours, or of others, that a function's name speaks of. */
function partOf(name) {
  const paths = [...name.matchAll(/(?<![:>\w])(?:[a-z_][a-z0-9_]*(?:\[[0-9a-f]+\])?::)+/g)].map(([path]) => path.replaceAll(/\[[0-9a-f]+\]/g, "").split("::").slice(0, -1));
  if (/^(input|report|prove|recall|decide|ask|release)$/.test(name)) return "laika_verifier_wasm";
  const foreign = paths.find(([crate]) => !["core", "alloc", "std"].includes(crate));
  const path = foreign ?? paths[0];
  if (!path) return "others";
  const depth = path[0].startsWith("laika_verifier") && path[1] === "signature" ? 3 : path[0].startsWith("laika_") || !foreign ? 2 : 1;
  return path.slice(0, depth).join("::");
}

/** What is needed of the binary format: https://webassembly.github.io/spec/core/binary/modules.html */
function read(bytes) {
  const found = { imported: 0, bodies: [], names: new Map(), data: 0 };
  let at = 8;
  const number = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    const length = number();
    return bytes.subarray(at, (at += length)).toString();
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const length = number();
    const end = at + length;
    if (id === 2) {
      for (let count = number(); count > 0; count--) {
        text();
        text();
        if (bytes[at++] !== 0) throw new Error("the module imports something else than functions");
        number();
        found.imported++;
      }
    } else if (id === 10) {
      for (let count = number(); count > 0; count--) {
        const size = number();
        found.bodies.push(size);
        at += size;
      }
    } else if (id === 11) {
      found.data = length;
    } else if (id === 0 && text() === "name") {
      while (at < end) {
        const kind = bytes[at++];
        const next = number() + at;
        if (kind === 1) for (let count = number(); count > 0; count--) found.names.set(number(), text());
        at = next;
      }
    }
    at = end;
  }
  return found;
}
