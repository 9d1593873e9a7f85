// The measurement in a browser: the page of `chromium.mjs` calls one of these.

import * as cedarWasm from "@cedar-policy/cedar-wasm/web";
import * as slim from "laika-verifier/slim";
import { measured } from "./cases.mjs";
import { contenders } from "./contenders.mjs";
import { first } from "./first.mjs";

const scene = async () => (await fetch("/scene.json")).json();

globalThis.measure = async () => {
  const cedar = async () => {
    await cedarWasm.default({ module_or_path: "/cedar_wasm_bg.wasm" });
    return cedarWasm;
  };
  return measured(await scene(), { contenders, cedar }, (name) => console.log(name));
};

globalThis.start = async () => {
  const bytes = await (await fetch("/laika-verifier.wasm")).arrayBuffer();
  return first(slim, bytes, await scene(), () => performance.now());
};
