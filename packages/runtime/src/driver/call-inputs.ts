/**
 * What servers ask of a person in the middle of their calls. The question is stored before anybody sees it, and its answer
 * before the server does. One question of a call at a time; a call that ends takes its questions with it.
 */
import { INPUT_EXPIRES_MS, type Json, type Payload, type RunEffect } from "@agentmesh/core";
import type { InputAnswer, InputRequest } from "@agentmesh/ports";
import type { RunDriver } from "./run-driver.ts";

export interface AskingCall {
  readonly task: string;
  readonly attempt: number;
}

type AnswerEffect = Extract<RunEffect, { type: "answer-input" }>;
export type AskPerson = (request: InputRequest, signal: AbortSignal) => Promise<InputAnswer>;

const CANCEL: InputAnswer = { action: "cancel" };

export class CallInputs {
  readonly #driver: RunDriver;
  /** By task: its answer is waited for. */
  readonly #waiting = new Map<string, (answer: InputAnswer) => void>();

  constructor(driver: RunDriver) {
    this.#driver = driver;
  }

  /** Undefined: nobody may be asked in this run. */
  asker(call: AskingCall): AskPerson | undefined {
    const expiresMs = this.#driver.state.policy?.inputExpiresMs ?? INPUT_EXPIRES_MS;
    if (expiresMs === 0) return undefined;
    let last: Promise<unknown> = Promise.resolve();
    return (request, signal) => {
      const answer = last.then(() => this.#ask({ ...call, expiresMs }, request, signal));
      last = answer;
      return answer;
    };
  }

  /** That is stored. */
  answer({ task, as, content }: AnswerEffect): void {
    const resolve = this.#waiting.get(task);
    this.#waiting.delete(task);
    if (as === "accept") resolve?.({ action: "accept", ...this.#contentOf(content) });
    else resolve?.(as === "decline" ? { action: "decline" } : CANCEL);
  }

  async #ask(
    { task, attempt, expiresMs }: AskingCall & { readonly expiresMs: number },
    request: InputRequest,
    signal: AbortSignal,
  ): Promise<InputAnswer> {
    if (signal.aborted) return CANCEL;
    const { promise, resolve } = Promise.withResolvers<InputAnswer>();
    const leave = (): void => {
      this.#waiting.delete(task);
      resolve(CANCEL);
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#waiting.set(task, resolve);
    const { message, ...form } = request;
    const written = this.#driver.write(form);
    const asked = { type: "input-asked", task, attempt, message, form: written.payload, expiresMs } as const;
    // A run that is about to end asks nobody.
    void this.#driver.ask(asked, written).then((events) => (events.length === 0 ? leave() : undefined));
    return promise.finally(() => signal.removeEventListener("abort", leave));
  }

  #contentOf(payload: Payload | undefined): { readonly content?: Record<string, Json> } {
    const value = payload === undefined ? undefined : this.#driver.values.read("what was filled in", payload);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? { content: value as Record<string, Json> } : {};
  }
}
