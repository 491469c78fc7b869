/** What every ToolSource must do, whatever serves its tools. A source's test file calls `toolSourceContract` once per way of building it. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ToolCallError } from "../tool-call-error.ts";
import type { ToolCallOptions, ToolSource } from "../tool-source.ts";

export interface ToolSourceContractSubject {
  /**
   * Not connected yet. Serves `echo` ({text} -> {text}, with an output schema), `fail` ({text}: fails with that text)
   * and `wait` ({ms}: answers after so many milliseconds).
   */
  readonly source: ToolSource;
  /** Called after the source was closed: stops what it talked to. */
  readonly dispose?: () => Promise<void>;
}

/** Longer than any test waits. */
const LONG_MS = 60_000;

export function toolSourceContract(name: string, makeSubject: () => Promise<ToolSourceContractSubject>): void {
  describe(`the tool source contract: ${name}`, () => {
    let subject: ToolSourceContractSubject;
    let source: ToolSource;
    beforeEach(async () => {
      subject = await makeSubject();
      source = subject.source;
    });
    afterEach(async () => {
      await source.close();
      await subject.dispose?.();
    });

    test("connecting makes it ready and lists its tools under its own name", async () => {
      expect(source.status()).toMatchObject({ server: source.server, state: "idle" });
      const status = await source.connect(AbortSignal.timeout(LONG_MS));
      expect(status).toMatchObject({ server: source.server, state: "ready", tools: source.tools().length });
      expect(source.tools().map((tool) => tool.tool)).toEqual(expect.arrayContaining(["echo", "fail", "wait"]));
      for (const tool of source.tools()) {
        expect(tool).toMatchObject({ server: source.server, name: `${source.server}.${tool.tool}` });
        expect(tool.fingerprint).toMatch(/^[\w-]{43}$/);
        expect(tool.inputSchema).toMatchObject({ type: "object" });
      }
    });

    test("those who connect at once share one connection", async () => {
      const [first, second] = await Promise.all([
        source.connect(AbortSignal.timeout(LONG_MS)),
        source.connect(AbortSignal.timeout(LONG_MS)),
      ]);
      expect(first).toEqual(second);
    });

    test("a call gives the structured output, checked", async () => {
      expect(await source.call("echo", { text: "hello" }, options())).toEqual({
        value: { text: "hello" },
        isChecked: true,
      });
    });

    test("a call connects by itself", async () => {
      await source.call("echo", { text: "hello" }, options());
      expect(source.status().state).toBe("ready");
    });

    test("many calls at once each get their own answer", async () => {
      const texts = Array.from({ length: 50 }, (_, index) => `text ${index}`);
      const { signal } = new AbortController();
      const results = await Promise.all(texts.map((text) => source.call("echo", { text }, options({ signal }))));
      expect(results.map(({ value }) => value)).toEqual(texts.map((text) => ({ text })));
    });

    test("a tool that fails has failed, with its own text", async () => {
      const error = await failure(source.call("fail", { text: "no such page" }, options()));
      expect(error).toMatchObject({ code: "AM_TOOL_FAILED", outcome: "failed" });
      expect(error.message).toContain("no such page");
    });

    test("arguments that the tool refuses are its failure", async () => {
      const error = await failure(source.call("wait", { ms: "soon" }, options()));
      expect(error).toMatchObject({ code: "AM_TOOL_FAILED", outcome: "failed" });
    });

    test("a tool that it does not offer is not called", async () => {
      const error = await failure(source.call("ecko", {}, options()));
      expect(error).toMatchObject({ code: "AM_TOOL_UNKNOWN", outcome: "refused" });
      expect(error.hint).toContain("echo");
    });

    test("a call out of time has an unknown outcome", async () => {
      const error = await failure(source.call("wait", { ms: LONG_MS }, options({ timeoutMs: 100 })));
      expect(error).toMatchObject({ code: "AM_TOOL_TIMEOUT", outcome: "unknown", retryable: true });
      expect(await source.call("echo", { text: "still there" }, options())).toMatchObject({ isChecked: true });
    });

    test("a call that was cancelled before it began is refused", async () => {
      const error = await failure(source.call("wait", { ms: 0 }, options({ signal: AbortSignal.abort() })));
      expect(error).toMatchObject({ code: "AM_TOOL_CANCELLED", outcome: "refused" });
    });

    test("a call that is cancelled while it runs has an unknown outcome, at once", async () => {
      await source.connect(AbortSignal.timeout(LONG_MS));
      const controller = new AbortController();
      const call = failure(source.call("wait", { ms: LONG_MS }, options({ signal: controller.signal })));
      await sleep(50);
      controller.abort();
      expect(await call).toMatchObject({ code: "AM_TOOL_CANCELLED", outcome: "unknown", retryable: false });
    });

    test("who listens is told of the connection, until he stops", async () => {
      const states: string[] = [];
      const stop = source.onChange(() => states.push(source.status().state));
      await source.connect(AbortSignal.timeout(LONG_MS));
      expect(states.at(-1)).toBe("ready");
      stop();
      const told = states.length;
      await source.close();
      expect(states).toHaveLength(told);
    });

    test("after closing nothing is called, and closing again is nothing", async () => {
      await source.connect(AbortSignal.timeout(LONG_MS));
      await source.close();
      await source.close();
      expect(source.status().state).toBe("closed");
      expect((await source.connect(AbortSignal.timeout(LONG_MS))).state).toBe("closed");
      const error = await failure(source.call("echo", { text: "hello" }, options()));
      expect(error).toMatchObject({ code: "AM_TOOL_UNAVAILABLE", outcome: "refused" });
    });
  });
}

function options(changes: Partial<ToolCallOptions> = {}): ToolCallOptions {
  return { signal: new AbortController().signal, idempotencyKey: "run/task/1", ...changes };
}

async function failure(call: Promise<unknown>): Promise<ToolCallError> {
  const error: unknown = await call.then(() => undefined).catch((error_: unknown) => error_);
  expect(error).toBeInstanceOf(ToolCallError);
  return error as ToolCallError;
}
