import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BrokenModelFileError, loadLlamaCppModel, ModelCrashedError } from "../../src/index.ts";
import { writeTinyModel } from "../tiny-gguf.ts";
import { isRunning } from "./process-state.ts";
import { ask, failureOf, hear, loadTiny, SMALL, testFolder } from "./tiny-model.ts";

const noise = { sampling: { temperature: 1, seed: 1 } };

/** Reads until so many pieces have come, then does something. */
async function interrupt(
  model: Awaited<ReturnType<typeof loadTiny>>,
  pieces: number,
  act: () => void,
  signal = AbortSignal.timeout(60_000),
): Promise<{ seen: number; error: Awaited<ReturnType<typeof failureOf>> }> {
  let seen = 0;
  const error = await failureOf(
    (async () => {
      for await (const part of model.stream(ask("Go on.", { ...noise, maxOutputTokens: 900 }), signal)) {
        if (part.type !== "text") continue;
        seen += 1;
        if (seen === pieces) act();
      }
    })(),
  );
  return { seen, error };
}

describe("an abort", () => {
  test("ends the stream at once, and generation within a few tokens", async () => {
    const model = await loadTiny({}, { sequences: 1 });
    const abort = new AbortController();
    const { seen, error } = await interrupt(model, 10, () => abort.abort(), abort.signal);
    expect(error).toMatchObject({ code: "AM_MODEL_CANCELLED", retryable: false });
    expect(seen).toBe(10);
    // The only sequence is free again: what went on would have to be waited for.
    const startMs = performance.now();
    await hear(model, ask("Next.", { ...noise, maxOutputTokens: 1 }));
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  test("while waiting for a sequence leaves the queue", async () => {
    const model = await loadTiny({}, { sequences: 1 });
    const first = hear(model, ask("Long.", { ...noise, maxOutputTokens: 300 }));
    const error = await failureOf(hear(model, ask("Second.", noise), AbortSignal.timeout(50)));
    expect(error.code).toBe("AM_MODEL_CANCELLED");
    expect((await first).usage.outputTokens).toBe(300);
  });

  test("of one request leaves the other alone", async () => {
    const model = await loadTiny({ say: "This one is told to its very end, whatever happens beside it." });
    const abort = new AbortController();
    const kept = hear(model, ask("A."));
    const dropped = failureOf(hear(model, ask("B."), abort.signal));
    abort.abort();
    expect((await dropped).code).toBe("AM_MODEL_CANCELLED");
    expect((await kept).text).toBe("This one is told to its very end, whatever happens beside it.");
  });
});

describe("a process that dies", () => {
  test("is a typed error that may be retried, and the next call gets a new one", async () => {
    const model = await loadTiny({});
    const before = model.pid ?? 0;
    const { error } = await interrupt(model, 5, () => process.kill(before, "SIGKILL"));
    expect(error).toBeInstanceOf(ModelCrashedError);
    expect(error).toMatchObject({
      code: "AM_MODEL_CRASHED",
      retryable: true,
      facts: { how: "signal SIGKILL", crashes: 1 },
    });
    expect((await hear(model, ask("Again.", { ...noise, maxOutputTokens: 5 }))).usage.outputTokens).toBe(5);
    expect(model.pid).not.toBe(before);
  });

  test("between two calls is not noticed", async () => {
    const model = await loadTiny({ say: "As if nothing had been." });
    const before = model.pid ?? 0;
    process.kill(before, "SIGKILL");
    await expect.poll(() => model.pid, { timeout: 20_000 }).not.toBe(before);
    expect((await hear(model, ask("Go."))).text).toBe("As if nothing had been.");
  });

  test("three times in a row is not started again", { timeout: 60_000 }, async () => {
    const model = await loadTiny({});
    const errors = [];
    for (let crash = 0; crash < 3; crash += 1) {
      errors.push((await interrupt(model, 2, () => process.kill(model.pid ?? 0, "SIGKILL"))).error);
    }
    expect(errors.map(({ retryable }) => retryable)).toEqual([true, true, false]);
    const last = await failureOf(hear(model, ask("Once more.")));
    expect(last).toMatchObject({ code: "AM_MODEL_CRASHED", retryable: false });
    expect(model.pid).toBeUndefined();
  });
});

describe("a program that ends", () => {
  async function owner(end: "wait" | "end") {
    const file = join(testFolder(), "tiny.gguf");
    writeTinyModel(file);
    const script = join(import.meta.dirname, "..", "fixtures", "model-owner.ts");
    const program = spawn(process.execPath, [script, file, end], { stdio: ["ignore", "pipe", "inherit"] });
    const closed = once(program, "close");
    const [said] = (await once(program.stdout, "data")) as [Buffer];
    return { program, closed, model: Number(said.toString()) };
  }

  test("need not close its models, and says nothing but its own words", async () => {
    const { closed, model } = await owner("end");
    expect(await closed).toEqual([0, null]);
    await expect.poll(() => isRunning(model), { timeout: 20_000 }).toBe(false);
  });

  test("by force takes the process of its model with it", async () => {
    const { program, closed, model } = await owner("wait");
    expect(isRunning(model)).toBe(true);
    program.kill("SIGKILL");
    await closed;
    await expect.poll(() => isRunning(model), { timeout: 20_000 }).toBe(false);
  });
});

describe("a context that is too small", () => {
  test.each([true, false])(
    "is refused before anything is generated, with the count (template: %s)",
    async (hasChatTemplate) => {
      const model = await loadTiny({ hasChatTemplate }, { contextTokens: 256 });
      const request = ask("many words ".repeat(200));
      const { tokens } = await model.countTokens(request);
      const error = await failureOf(hear(model, request));
      expect(error).toMatchObject({ code: "AM_MODEL_CONTEXT_TOO_SMALL", facts: { tokens, limit: 256 } });
    },
  );

  test("never holds more than the model was trained with", async () => {
    const model = await loadTiny({ contextTokens: 512 }, { contextTokens: 100_000 });
    expect(model.capabilities.contextTokens).toBe(512);
  });

  test("cuts an answer that would fill it, and says so", async () => {
    const model = await loadTiny({}, { contextTokens: 256 });
    const { reason, usage } = await hear(model, ask("Go.", { ...noise, maxOutputTokens: 100_000 }));
    expect(reason).toBe("length");
    expect(usage.inputTokens + usage.outputTokens).toBeLessThanOrEqual(256);
  });
});

describe("a file that is broken", () => {
  function broken(change: (whole: Buffer) => Buffer): string {
    const file = join(testFolder(), "broken.gguf");
    writeTinyModel(file);
    writeFileSync(file, change(readFileSync(file)));
    return file;
  }

  test.each<[string, (whole: Buffer) => Buffer]>([
    ["cut in the middle", (whole) => whole.subarray(0, whole.length / 2)],
    ["cut in its header", (whole) => whole.subarray(0, 2_000)],
    ["of an architecture that nobody knows", (whole) => replaced(whole, "general.architecture", "nothing!")],
    ["with counts out of hand", (whole) => overwritten(whole, 8, Buffer.alloc(8, 0x7f))],
    ["without the weights of a layer", (whole) => replaced(whole, "blk.1.attn_q.weight", "blk.1.attn_z.weight")],
    ["with garbage for a header", (whole) => overwritten(whole, 24, Buffer.alloc(4_000, 0xa5))],
  ])("%s is a typed error", async (_, change) => {
    const error = await failureOf(loadLlamaCppModel({ model: broken(change), ...SMALL }, process.env));
    expect(["AM_MODEL_FILE_BROKEN", "AM_MODEL_CRASHED"]).toContain(error.code);
    if (error.code !== "AM_MODEL_CRASHED") expect(error).toBeInstanceOf(BrokenModelFileError);
    expect(error.hint).not.toBe("");
  });
});

function overwritten(whole: Buffer, offset: number, part: Buffer): Buffer {
  part.copy(whole, offset);
  return whole;
}

/** The first occurrence of a text, by another one of at most its length. */
function replaced(whole: Buffer, text: string, other: string): Buffer {
  return overwritten(whole, whole.indexOf(text), Buffer.from(other));
}

test("a model that was closed says that its calls are cancelled", async () => {
  const model = await loadTiny({});
  const { error } = await interrupt(model, 3, () => void model.close());
  expect(error.code).toBe("AM_MODEL_CANCELLED");
  expect((await failureOf(model.countTokens(ask("x")))).code).toBe("AM_MODEL_CANCELLED");
});
