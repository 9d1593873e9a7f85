import { createVerifier } from "laika-verifier";
import type { Decision, Verifier, VerifierOptions } from "../types.js";
import { answerTo, type Answer } from "./answer.js";
import { factsOf, type Incoming } from "./request.js";
import { isVerifier, partsOf, type Parts, type Settings, type Source } from "./settings.js";

/** As much of a verifier as a guard needs. */
export type Authorizer<C> = Pick<Verifier<C>, "authorize">;

/** Makes one of options. */
export type Make = <C>(options: VerifierOptions) => Promise<Authorizer<C>>;

/** What becomes of a request: it goes on, or it is answered. */
export interface Judgement<C> {
  readonly decision: Decision<C>;
  readonly answer?: Answer;
}

/**
 * What all middleware and the worker share: from a request to its answer. A face only hands the
 * request in, and the answer or the token out.
 */
export class Guard<C, E = void> {
  readonly #parts: (env: E) => Parts<C> | Promise<Parts<C>>;
  readonly #make: Make;
  #ready: Promise<Ready<C>> | undefined;

  /**
   * @param source what decides, or a function that tells it once there is an environment; asked once
   * @throws {LaikaError} `options_invalid` when settings are not acceptable
   */
  constructor(source: Source<C> | ((env: E) => Source<C> | Promise<Source<C>>), make: Make = createVerifier) {
    const parts = typeof source === "function" ? undefined : partsOf(source);
    this.#parts = parts ? () => parts : async (env) => partsOf(await (source as (env: E) => Source<C>)(env));
    this.#make = make;
  }

  /**
   * Makes the verifier, if it was not made before.
   *
   * @throws {LaikaError} `options_invalid` or `policy_invalid`
   */
  ready(env: E): Promise<Ready<C>> {
    const forget = (error: unknown) => {
      this.#ready = undefined;
      throw error;
    };
    this.#ready ??= this.#prepare(env).catch(forget);
    return this.#ready;
  }

  /**
   * Decides a request.
   *
   * @throws {LaikaError} when there is no verifier that could
   */
  async judge(incoming: Incoming, env: E): Promise<Judgement<C>> {
    const { authorizer, settings } = await this.ready(env);
    const facts = factsOf(incoming, settings);
    const decision =
      facts.refused === undefined ? await authorizer.authorize(facts.token, facts) : invalid(facts.refused);
    return decision.allowed ? { decision } : { decision, answer: answerTo(decision, settings.realm) };
  }

  async #prepare(env: E): Promise<Ready<C>> {
    const { from, settings } = await this.#parts(env);
    return { authorizer: isVerifier<C>(from) ? from : await this.#make<C>(from), settings };
  }
}

interface Ready<C> {
  readonly authorizer: Authorizer<C>;
  readonly settings: Settings;
}

/** The decision about a request that can't be judged without guessing. */
function invalid(why: string): Decision<never> {
  return { allowed: false, status: 400, code: "request_invalid", missing: [why] };
}
