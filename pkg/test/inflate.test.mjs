// What stands in for `DecompressionStream` where there is none, beside Node's zlib.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { constants, deflateSync, inflateSync } from "node:zlib";
import { build } from "esbuild";

const source = (name) => fileURLToPath(new URL(`../src/host/${name}.ts`, import.meta.url));
const SETTINGS = [{ level: 0 }, { level: 1 }, { level: 9 }, { strategy: constants.Z_FIXED }, { strategy: constants.Z_HUFFMAN_ONLY }];
const CONTENTS = [
  Buffer.alloc(0),
  Buffer.from("laika"),
  Buffer.alloc(100_000, 7),
  randomBytes(70_000),
  Buffer.from(randomBytes(90_000).map((byte) => byte & 3)),
  Buffer.from(randomBytes(5_000).toString("hex").repeat(20)),
];

let inflated, Stream;

before(async () => {
  const load = async (name) => {
    const { outputFiles } = await build({ entryPoints: [source(name)], bundle: true, format: "esm", write: false });
    return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  };
  ({ inflated } = await load("inflate"));
  ({ DecompressionStream: Stream } = await load("decompression-stream"));
});

const whole = (bytes) => Buffer.concat([...inflated(bytes)]);
const outcome = (read) => {
  try {
    return read().toString("hex");
  } catch {
    return "damaged";
  }
};

test("inflates whatever zlib deflates", () => {
  for (const content of CONTENTS) {
    for (const settings of SETTINGS) assert.ok(whole(deflateSync(content, settings)).equals(content), JSON.stringify(settings));
  }
});

test("refuses what zlib refuses: every bit of a stream flipped, every length of it", () => {
  for (const settings of SETTINGS) {
    const good = deflateSync(Buffer.from("status, status, status list"), settings);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3] ^= 1 << (bit & 7);
      assert.equal(outcome(() => whole(bad)), outcome(() => inflateSync(bad)), `${JSON.stringify(settings)}, bit ${bit}`);
    }
    for (let length = 0; length < good.length; length++) assert.equal(outcome(() => whole(good.subarray(0, length))), "damaged");
    assert.equal(outcome(() => whole(Buffer.concat([good, Buffer.of(0)]))), "damaged");
  }
});

test("makes no more than is asked for", async () => {
  const bomb = deflateSync(Buffer.alloc(2 ** 26));
  const reader = new Blob([bomb]).stream().pipeThrough(new Stream("deflate")).getReader();
  const start = process.memoryUsage().arrayBuffers;
  assert.equal((await reader.read()).value.length, 2 ** 15);
  await reader.cancel();
  assert.ok(process.memoryUsage().arrayBuffers - start < 2 ** 22);
});
