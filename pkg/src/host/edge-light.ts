// This runtime wants the query; the path is named as seen from `dist/`.
import wasm from "./wasm/laika_verifier_wasm_bg.wasm?module";
import { moduleHost } from "./module.js";

/** Vercel's edge runtime. */
export const host = moduleHost(wasm, () => {});
