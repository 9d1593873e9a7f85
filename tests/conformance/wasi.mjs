// Runs a program that was compiled for WASI; its output and exit code are those of this script.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [, , program, ...args] = process.argv;
const wasi = new WASI({ version: "preview1", args: ["laika-conformance", ...args] });
const { instance } = await WebAssembly.instantiate(readFileSync(program), wasi.getImportObject());
process.exitCode = wasi.start(instance);
