// What is measured, in whatever runtime: a case is a name, who takes part, and what each of them gets
// in a round.

import { policies } from "./policies.mjs";
import { copied } from "./strings.mjs";

export const ROUNDS = 15;
export const WARM_UP_ROUNDS = 3;
export const ALL_ROUNDS = ROUNDS + WARM_UP_ROUNDS;
/** New tokens in each round. */
export const FRESH = 200;
export const KNOWN = 50;
const REPEATS = 100;

/**
 * The cases of this `scene`, whose contenders are those of the kit. One that does not run here
 * stands in `failed`, with its error.
 */
export async function* cases(scene, { contenders, cedar }) {
  for (const [alg, { fresh }] of Object.entries(scene.algorithms)) {
    const playing = contenders.map(({ name, load, flight }) => ({ name, flight, make: async () => (await load()).fresh(scene, alg) }));
    yield await tried(`${alg}, new tokens`, playing, (round) => fresh[round]);
  }
  for (const [alg, { known }] of Object.entries(scene.algorithms)) {
    const playing = contenders.filter(({ again }) => again).map(({ again, load }) => ({ name: again, make: async () => (await load()).again(scene, alg) }));
    const items = () => Array.from({ length: REPEATS }, () => known.map(copied)).flat();
    yield await tried(`${alg}, the same ${KNOWN} tokens again`, playing, items);
  }
  for (const { name, playing, items } of policies(scene, cedar)) yield await tried(name, playing, items);
}

/** The case of those who are right about the first item. */
async function tried(name, playing, items) {
  const [contenders, failed] = [{}, {}];
  for (const { name: who, flight = 1, make } of playing) {
    try {
      const call = await make();
      const [first] = items(0, who);
      if ((await call(first)) !== "someone") throw new Error("its answer is wrong");
      contenders[who] = { call, flight };
    } catch (error) {
      // Without the address of a page, which is another one each time.
      failed[who] = String(error?.message ?? error).replace(/:? http:\S*|\n[^]*/g, "");
    }
  }
  return { name, contenders, failed, items };
}

/** Has a contender work on all of `items`, so many at a time as it likes. */
export async function pass({ call, flight }, items) {
  if (flight > 1) {
    let next = 0;
    const worker = async () => {
      while (next < items.length) if ((await call(items[next++])) !== "someone") throw new Error("an answer is wrong");
    };
    await Promise.all(Array.from({ length: flight }, worker));
    return;
  }
  for (const item of items) {
    const answer = call(item);
    // A promise is waited for; an answer that is there already costs no turn of the loop.
    if ((typeof answer === "object" ? await answer : answer) !== "someone") throw new Error("an answer is wrong");
  }
}

/**
 * The figures of a case: contenders take turns within a round, and another one begins each time, for
 * whoever comes first warms the caches for the rest. `time` answers with the microseconds that one
 * item took `who`.
 */
export async function turns(names, time) {
  const times = Object.fromEntries(names.map((who) => [who, []]));
  for (let round = 0; round < ALL_ROUNDS; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const who = names[(turn + round) % names.length];
      const spent = await time(who, round);
      if (round >= WARM_UP_ROUNDS) times[who].push(spent);
    }
  }
  const [ours, ...others] = names;
  const figures = { [ours]: summary(times[ours]) };
  for (const who of others) {
    const ratios = times[who].map((theirs, round) => times[ours][round] / theirs);
    figures[who] = { ...summary(times[who]), ratio: summary(ratios).median };
  }
  return figures;
}

/** All rows of a runtime that has a clock; `say` is told what is measured now. */
export async function measured(scene, kit, say) {
  const rows = [];
  for await (const { name, contenders, failed, items } of cases(scene, kit)) {
    say(name);
    const figures = await turns(Object.keys(contenders), async (who, round) => {
      // Each has strings of its own, so that nobody finds a hash that another one has left.
      const current = items(round, who);
      const start = performance.now();
      await pass(contenders[who], current);
      return ((performance.now() - start) / current.length) * 1000;
    });
    rows.push({ name, unit: "µs", figures, failed });
  }
  return rows;
}

export function summary(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1) };
}
