// The measurement in `workerd`, whose clock stands still while a script works: it is told what to do,
// request by request, and whoever asks reads the clock.

import * as cedar from "@cedar-policy/cedar-wasm/web";
import cedarModule from "./cedar_wasm_bg.wasm";
import { createVerifier } from "laika-verifier";
import { cases, pass } from "./cases.mjs";
import { contenders } from "./contenders.mjs";

let [scene, all, items] = [undefined, [], []];

const TASKS = {
  nothing: () => null,
  /** Takes keys and tokens. */
  async scene(_, request) {
    scene = await request.json();
  },
  /** Makes every contender of every case; answers with their names, and who can't be made. */
  async cases() {
    const kit = {
      contenders,
      cedar: async () => {
        cedar.initSync({ module: cedarModule });
        return cedar;
      },
    };
    all = await Array.fromAsync(cases(scene, kit));
    return all.map(({ name, contenders, failed }) => ({ name, contenders: Object.keys(contenders), failed }));
  },
  /** Makes what a contender is to get; answers with their number. */
  items({ at, round, who }) {
    items = all[at].items(Number(round), who);
    return items.length;
  },
  /** Has a contender work on them. */
  pass: ({ at, who }) => pass(all[at].contenders[who], items),
  /** From the deployed module to the first verified token. */
  async first() {
    const { jwk, fresh } = scene.algorithms.RS256;
    const issuers = { issuer: scene.issuer, audience: scene.audience, jwks: { keys: [jwk, ...scene.others] } };
    (await createVerifier({ issuers })).verifySync(fresh[0][0]);
  },
};

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const answer = await TASKS[pathname.slice(1)](Object.fromEntries(searchParams), request);
    return Response.json(answer ?? null);
  },
};
