/** What every Model must do, whatever runs it. A driver's or layer's test file calls `modelContract` once per way of building it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Model, ModelRequest, ModelStreamPart } from "../model.ts";
import { ModelError } from "../model-error.ts";

export interface ModelContractSubject {
  /** Answers any request with text that comes in at least three deltas. */
  readonly model: Model;
  /** Called after the model was closed: stops what the model talked to. */
  readonly dispose?: () => Promise<void>;
}

const request: ModelRequest = {
  messages: [
    { role: "system", text: "Answer in one sentence." },
    { role: "user", text: "Count from one to ten." },
  ],
};

export function modelContract(name: string, makeSubject: () => Promise<ModelContractSubject>): void {
  describe(`the model contract: ${name}`, () => {
    let subject: ModelContractSubject;
    beforeEach(async () => {
      subject = await makeSubject();
    });
    afterEach(async () => {
      await subject.model.close();
      await subject.dispose?.();
    });

    test("a stream is one start, deltas that carry text, one end", async () => {
      const parts = await collect(subject.model, AbortSignal.timeout(30_000));
      const kinds = parts.map((part) => part.type);
      expect(kinds[0]).toBe("start");
      expect(kinds.at(-1)).toBe("end");
      expect(kinds.filter((kind) => kind === "start" || kind === "end")).toHaveLength(2);
      const deltas = parts.filter((part) => part.type === "text");
      expect(deltas.length).toBeGreaterThanOrEqual(3);
      expect(deltas.every((part) => part.delta.length > 0)).toBe(true);
    });

    test("the end carries whole, non-negative token counts and says whether they are exact", async () => {
      const end = (await collect(subject.model, AbortSignal.timeout(30_000))).at(-1);
      expect(end?.type).toBe("end");
      if (end?.type !== "end") return;
      expect(["stop", "length", "refused"]).toContain(end.reason);
      for (const tokens of [end.usage.inputTokens, end.usage.outputTokens, end.usage.cachedInputTokens ?? 0]) {
        expect(Number.isInteger(tokens) && tokens >= 0).toBe(true);
      }
      expect(typeof end.usage.isExact).toBe("boolean");
    });

    test("a signal that aborted before the call gives AM_MODEL_CANCELLED and no part", async () => {
      const seen: ModelStreamPart[] = [];
      const error = await failureOf(subject.model, AbortSignal.abort(), (part) => seen.push(part));
      expect(error).toBeInstanceOf(ModelError);
      expect(error?.code).toBe("AM_MODEL_CANCELLED");
      expect(error?.retryable).toBe(false);
      expect(seen).toEqual([]);
    });

    test("an abort in mid-stream gives AM_MODEL_CANCELLED and no further part", async () => {
      const abort = new AbortController();
      const afterAbort: ModelStreamPart[] = [];
      const error = await failureOf(subject.model, abort.signal, (part) => {
        if (abort.signal.aborted) afterAbort.push(part);
        if (part.type === "text") abort.abort();
      });
      expect(error?.code).toBe("AM_MODEL_CANCELLED");
      expect(afterAbort).toEqual([]);
    });

    test("a reader may leave in mid-stream, and the model answers the next call", async () => {
      for await (const part of subject.model.stream(request, AbortSignal.timeout(30_000))) {
        if (part.type === "text") break;
      }
      const parts = await collect(subject.model, AbortSignal.timeout(30_000));
      expect(parts.at(-1)?.type).toBe("end");
    });

    test("two calls at once do not mix", async () => {
      const signal = AbortSignal.timeout(30_000);
      const both = await Promise.all([collect(subject.model, signal), collect(subject.model, signal)]);
      for (const parts of both)
        expect(parts.filter((part) => part.type === "start" || part.type === "end")).toHaveLength(2);
    });

    test("tokens of a request are counted, more for a longer one", async () => {
      const short = await subject.model.countTokens(request);
      const long = await subject.model.countTokens({
        messages: [...request.messages, { role: "user", text: "And back again. ".repeat(50) }],
      });
      expect(Number.isInteger(short.tokens) && short.tokens > 0).toBe(true);
      expect(long.tokens).toBeGreaterThan(short.tokens);
    });

    test("a model has an id and says how it can be held to a schema, and closing it twice is fine", async () => {
      expect(subject.model.id).not.toBe("");
      expect(["schema", "grammar", "json", "text"]).toContain(subject.model.capabilities.output);
      await subject.model.close();
      await subject.model.close();
    });
  });
}

async function collect(model: Model, signal: AbortSignal): Promise<readonly ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of model.stream(request, signal)) parts.push(part);
  return parts;
}

async function failureOf(
  model: Model,
  signal: AbortSignal,
  onPart: (part: ModelStreamPart) => void,
): Promise<ModelError | undefined> {
  try {
    for await (const part of model.stream(request, signal)) onPart(part);
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  return undefined;
}
