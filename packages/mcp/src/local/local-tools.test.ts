/** Functions of this process as tools: how they are defined, what they give, and how they fail. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { z } from "zod";
import type { ToolCallError, ToolCallOptions } from "@agentmesh/ports";
import { defineTool, type LocalTool } from "./define-tool.ts";
import { LocalToolSource } from "./local-tool-source.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { ToolDefinitionError } from "./tool-definition-error.ts";

const Anything = z.object({});

function options(changes: Partial<ToolCallOptions> = {}): ToolCallOptions {
  return { signal: new AbortController().signal, idempotencyKey: "run/task/1", ...changes };
}

function sourceWith(tool: LocalTool, more: { outputBytesMax?: number } = {}): LocalToolSource {
  return new LocalToolSource({ server: "local", tools: [tool], ...more });
}

function toolThat(run: () => unknown): LocalTool {
  return defineTool({ name: "tool", description: "Does it.", input: Anything, effect: "read", run });
}

async function failureOf(call: Promise<unknown>): Promise<ToolCallError> {
  const error: unknown = await call.then(() => undefined).catch((error_: unknown) => error_);
  expect(error).toMatchObject({ name: "ToolCallError" });
  return error as ToolCallError;
}

describe("a definition", () => {
  test("gives its function the types of its schemas", () => {
    defineTool({
      name: "add",
      description: "Adds days to a date.",
      input: z.object({ days: z.number(), from: z.string().default("today") }),
      output: z.object({ date: z.string(), weekday: z.string().optional() }),
      effect: "read",
      run: (args, context) => {
        expectTypeOf(args).toEqualTypeOf<{ days: number; from: string }>();
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
        return { date: `${args.from} + ${args.days}` };
      },
    });
    // @ts-expect-error -- the result is no string, as the output says
    defineTool({ name: "bad", description: "", input: Anything, output: z.string(), effect: "read", run: () => 7 });
  });

  test("becomes what the mesh knows of any tool", () => {
    const input = z.object({ city: z.string().describe("Where"), days: z.int().default(1) });
    const output = z.object({ celsius: z.number() });
    const source = sourceWith(
      defineTool({
        name: "forecast",
        title: "Forecast",
        description: "Tells the weather.",
        input,
        output,
        effect: "read",
        isOpenWorld: false,
        run: () => ({ celsius: 21 }),
      }),
    );
    expect(source.tools()).toEqual([
      {
        name: "local.forecast",
        server: "local",
        tool: "forecast",
        title: "Forecast",
        description: "Tells the weather.",
        inputSchema: expect.objectContaining({
          type: "object",
          required: ["city"],
          properties: {
            city: { type: "string", description: "Where" },
            days: expect.objectContaining({ type: "integer", default: 1 }),
          },
        }),
        outputSchema: expect.objectContaining({ type: "object", required: ["celsius"] }),
        effect: "read",
        isOpenWorld: false,
        fingerprint: expect.stringMatching(/^[\w-]{43}$/),
      },
    ]);
  });

  test("takes a schema of any library that says it as JSON Schema", async () => {
    const input: StandardSchema<{ n: number }> = {
      "~standard": {
        version: 1,
        vendor: "tiny",
        validate: (value) => ({ value: value as { n: number } }),
        jsonSchema: { input: () => ({ type: "object", title: "in" }), output: () => ({ type: "object" }) },
      },
    };
    const tool = defineTool({ name: "double", description: "", input, effect: "read", run: ({ n }) => ({ n: n * 2 }) });
    expect(tool.inputSchema).toEqual({ type: "object", title: "in" });
    expect(await sourceWith(tool).call("double", { n: 4 }, options())).toEqual({ value: { n: 8 }, isChecked: false });
  });

  test.each<[string, () => unknown, string, string]>([
    [
      "a library without JSON Schema",
      () => {
        const input: StandardSchema = { "~standard": { version: 1, vendor: "tiny", validate: (value) => ({ value }) } };
        return defineTool({ name: "tool", description: "", input, effect: "read", run: () => 1 });
      },
      'The tool "tool" has an input of tiny, which has no JSON Schema.',
      "Give it as inputSchema.",
    ],
    [
      "a schema that JSON Schema cannot express",
      () =>
        defineTool({ name: "tool", description: "", input: z.object({ at: z.date() }), effect: "read", run: () => 1 }),
      'The tool "tool" has an input that JSON Schema cannot express.',
      "Give it as inputSchema.",
    ],
    [
      "arguments without names",
      () => defineTool({ name: "tool", description: "", input: z.array(z.string()), effect: "read", run: () => 1 }),
      'The tool "tool" takes something else than an object.',
      "Arguments have names: make its input an object schema.",
    ],
    [
      "no name",
      () => defineTool({ name: "", description: "", input: Anything, effect: "read", run: () => 1 }),
      'The tool "" has no usable name.',
      "Use letters, digits, _ and -.",
    ],
    [
      "a name that is taken",
      () => new LocalToolSource({ server: "local", tools: [toolThat(() => 1), toolThat(() => 2)] }),
      'The tool "tool" is defined twice.',
      "Give each tool its own name.",
    ],
  ])("with %s is refused", (_what, define, message, hint) => {
    expect(define).toThrow(ToolDefinitionError);
    expect(define).toThrow(expect.objectContaining({ code: "AM_TOOL_DEFINITION_INVALID", message, hint }));
  });
});

describe("a result", () => {
  test.each<[string, unknown, unknown]>([
    ["a string", "hello", { text: "hello", content: [{ type: "text", text: "hello" }] }],
    ["nothing", undefined, { text: "", content: [] }],
    ["a number", 7, 7],
    ["null", null, null],
    ["an object", { when: new Date(0), gone: undefined }, { when: "1970-01-01T00:00:00.000Z" }],
  ])("that is %s is its value", async (_what, output, value) => {
    expect(await sourceWith(toolThat(() => output)).call("tool", {}, options())).toEqual({ value, isChecked: false });
  });

  test("stays what it was when the function changes its object later", async () => {
    const list = [1];
    const { value } = await sourceWith(toolThat(() => list)).call("tool", {}, options());
    list.push(2);
    expect(value).toEqual([1]);
  });

  test("that breaks its schema is told with its place", async () => {
    const output = z.object({ rows: z.array(z.object({ id: z.number() })) });
    const run = (): never => ({ rows: [{ id: "x" }] }) as never;
    const tool = defineTool({ name: "rows", description: "", input: Anything, output, effect: "read", run });
    const error = await failureOf(sourceWith(tool).call("rows", {}, options()));
    expect(error).toMatchObject({ code: "AM_TOOL_OUTPUT_INVALID", outcome: "failed" });
    expect(error.message).toContain("breaks its own output schema at /rows/0/id: Invalid input: expected number");
  });

  test.each<[string, () => unknown]>([
    ["a function", () => () => 1],
    ["a big integer", () => 1n],
    [
      "a circle",
      () => {
        const circle: { self?: unknown } = {};
        circle.self = circle;
        return circle;
      },
    ],
  ])("that is %s is no JSON", async (_what, run) => {
    expect((await failureOf(sourceWith(toolThat(run)).call("tool", {}, options()))).code).toBe(
      "AM_TOOL_OUTPUT_INVALID",
    );
  });

  test("over the limit is refused", async () => {
    const source = sourceWith(
      toolThat(() => "ü".repeat(60)),
      { outputBytesMax: 100 },
    );
    expect(await failureOf(source.call("tool", {}, options()))).toMatchObject({
      code: "AM_TOOL_OUTPUT_TOO_LARGE",
      outcome: "failed",
      facts: { outputBytesMax: 100 },
    });
  });
});

describe("a call", () => {
  test("gives defaults and refuses what does not fit, with its place", async () => {
    const input = z.object({ city: z.string(), days: z.number().default(3) });
    const run = vi.fn(({ days }: { days: number }) => ({ days }));
    const source = sourceWith(defineTool({ name: "forecast", description: "", input, effect: "read", run }));
    expect(await source.call("forecast", { city: "Ulm" }, options())).toMatchObject({ value: { days: 3 } });
    const error = await failureOf(source.call("forecast", { city: 7 }, options()));
    expect(error).toMatchObject({
      code: "AM_TOOL_FAILED",
      outcome: "failed",
      message:
        '"local.forecast" failed: its arguments are invalid: /city Invalid input: expected string, received number.',
      retryable: false,
    });
    expect(run).toHaveBeenCalledOnce();
  });

  test("that throws has failed with the words of the error", async () => {
    const source = sourceWith(
      toolThat(() => {
        throw new RangeError("the moon is too far.");
      }),
    );
    expect(await failureOf(source.call("tool", {}, options()))).toMatchObject({
      code: "AM_TOOL_FAILED",
      message: '"local.tool" failed: the moon is too far.',
      retryable: true,
      cause: expect.any(RangeError),
    });
  });

  test("hands over the key, the signal and a way to tell of progress", async () => {
    const onProgress = vi.fn();
    const controller = new AbortController();
    const told: string[] = [];
    const tool = defineTool({
      name: "work",
      description: "",
      input: Anything,
      effect: "write",
      run: async (_args, { signal, idempotencyKey, progress }) => {
        progress({ progress: 1, total: 2 });
        await sleep(60_000, undefined, { signal }).catch(() => told.push(`${idempotencyKey} stopped`));
        progress({ progress: 2, total: 2 });
      },
    });
    const call = failureOf(
      sourceWith(tool).call("work", {}, options({ idempotencyKey: "run/1", onProgress, signal: controller.signal })),
    );
    await vi.waitFor(() => expect(onProgress).toHaveBeenCalledOnce(), 30_000);
    controller.abort();
    expect(await call).toMatchObject({ code: "AM_TOOL_CANCELLED", outcome: "unknown" });
    await vi.waitFor(() => expect(told).toEqual(["run/1 stopped"]), 30_000);
    expect(onProgress).toHaveBeenCalledOnce();
  });

  test("of a deaf function ends all the same", async () => {
    const source = sourceWith(toolThat(() => new Promise(() => {})));
    expect(await failureOf(source.call("tool", {}, options({ timeoutMs: 50 })))).toMatchObject({
      code: "AM_TOOL_TIMEOUT",
    });
  });

  test("that fails after its end troubles nobody", async () => {
    const run = async (): Promise<never> => {
      await sleep(60);
      throw new Error("late");
    };
    const source = sourceWith(toolThat(run));
    expect((await failureOf(source.call("tool", {}, options({ timeoutMs: 20 })))).code).toBe("AM_TOOL_TIMEOUT");
    await sleep(100);
  });
});
