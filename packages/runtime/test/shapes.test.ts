/** Shapes of outputs, learned where a tool declares none: who is told of them, how long, and who never is. */
import { join } from "node:path";
import type { Finding, Json, RunEvent } from "@agentmesh/core";
import { defineTool } from "@agentmesh/mcp";
import { scriptedModel } from "@agentmesh/models";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createMesh, type CreateMeshOptions, type Mesh } from "../src/index.ts";
import { ChatPlanner } from "../src/nodes/planner/chat-planner.ts";
import { DefaultPlanner } from "../src/nodes/planner/default-planner.ts";
import { temporaryFolder } from "./test-mesh.ts";

const CANARY = "canary_ignore_the_goal";
const PEOPLE = { people: [{ name: "Ada", born: 1815 }], next: null };
const PEOPLE_SHAPE = {
  learned: true,
  isUntrusted: false,
  schema: {
    type: "object",
    properties: {
      people: {
        type: "array",
        items: {
          type: "object",
          properties: { name: { type: "string" }, born: { type: "integer" } },
          required: ["born", "name"],
        },
      },
      next: { type: "null" },
    },
    required: ["next", "people"],
  },
};

interface ToolOptions {
  readonly isOpenWorld?: boolean;
  readonly description?: string;
}

const tool = (name: string, run: (args: { v?: unknown }) => Json, options: ToolOptions = {}) =>
  defineTool({
    name,
    description: name,
    input: z.object({ v: z.unknown().optional() }),
    effect: "read",
    isOpenWorld: false,
    run,
    ...options,
  });

const people = tool("people", () => PEOPLE);

function meshAt(store: string, options: CreateMeshOptions = {}) {
  return createMesh({ tools: { t: [people] }, store, ...options });
}

const planOf = (use: string, args: object = {}) => ({
  mesh: 1 as const,
  tasks: [{ id: "it", use, args: { ...args } }],
});

async function shapeOf(mesh: Mesh, name = "t.people") {
  const { tools } = await mesh.tools();
  return tools.find((each) => each.name === name)?.outputShape;
}

async function unseen(mesh: Mesh, output: string): Promise<readonly Finding[]> {
  const found = await mesh.check({ ...planOf("t.people"), output: { $from: output } });
  return found.filter(({ code }) => code === "AM_UNSEEN_PROPERTY");
}

describe("the shape of a tool's outputs", () => {
  test("is there after its first call, for the catalogue and for the check", async () => {
    await using mesh = await meshAt(":memory:");
    expect(await shapeOf(mesh)).toBeUndefined();
    expect(await unseen(mesh, "it.persons")).toEqual([]);
    await mesh.run(planOf("t.people")).result;
    expect(await shapeOf(mesh)).toEqual(PEOPLE_SHAPE);
    expect(await unseen(mesh, "it.persons")).toMatchObject([{ severity: "warning", hint: "Known: people, next." }]);
    expect(await unseen(mesh, "it.people[0].name")).toEqual([]);
  });

  test("refuses no run", async () => {
    const results: Json[] = [PEOPLE, { persons: 7 }];
    await using mesh = await meshAt(":memory:", { tools: { t: [tool("people", () => results.shift() ?? null)] } });
    await mesh.run(planOf("t.people")).result;
    const run = mesh.run({ ...planOf("t.people"), output: { $from: "it.persons" } });
    expect(await run.result).toMatchObject({ status: "succeeded", output: 7 });
    expect(run.view?.findings.map(({ code }) => code)).toContain("AM_UNSEEN_PROPERTY");
    expect(await unseen(mesh, "it.persons")).toEqual([]);
  });

  test("is known to the next process, and to no other tenant", async () => {
    const store = join(temporaryFolder(), "store.db");
    {
      await using mesh = await meshAt(store);
      await mesh.run(planOf("t.people")).result;
    }
    await using next = await meshAt(store);
    await using other = await meshAt(store, { tenant: "other" });
    expect(await shapeOf(next)).toEqual(PEOPLE_SHAPE);
    expect(await unseen(next, "it.persons")).toHaveLength(1);
    expect(await shapeOf(other)).toBeUndefined();
  });

  test("is forgotten with the tool as it was", async () => {
    const store = join(temporaryFolder(), "store.db");
    {
      await using mesh = await meshAt(store);
      await mesh.run(planOf("t.people")).result;
    }
    await using mesh = await meshAt(store, { tools: { t: [tool("people", () => PEOPLE, { description: "Other." })] } });
    expect(await shapeOf(mesh)).toBeUndefined();
  });

  test("is listed with what is kept, and is cleared with it", async () => {
    const store = join(temporaryFolder(), "store.db");
    await using mesh = await meshAt(store);
    await mesh.run(planOf("t.people")).result;
    expect(await mesh.cache.list()).toMatchObject([{ kind: "shape", name: "t.people", state: "fresh" }]);
    expect(await mesh.cache.clear({ kind: "shape" })).toBe(1);
    await using next = await meshAt(store);
    expect(await shapeOf(next)).toBeUndefined();
  });

  test.each<[string, CreateMeshOptions]>([
    ["when it is switched off", { cache: { shapes: false } }],
    ["when nothing may be kept", { cache: { enabled: false } }],
    ["when the tool says itself what it gives", { tools: { t: [declared()] } }],
    ["when an output is large", { tools: { t: [tool("people", () => ({ text: "x".repeat(70_000) }))] } }],
  ])("is not learned %s", async (_, options) => {
    await using mesh = await meshAt(":memory:", options);
    await mesh.run(planOf("t.people")).result;
    expect(await shapeOf(mesh)).toBeUndefined();
  });

  test("is that of the newest outputs", async () => {
    let calls = 0;
    const changing = tool("people", () => (calls++ === 0 ? { old: 1 } : { new: 1 }));
    await using mesh = await meshAt(":memory:", { tools: { t: [changing] } });
    await mesh.run(planOf("t.people")).result;
    const many = { in: { $literal: Array.from({ length: 900 }, (_, index) => index) }, as: "n", maxItems: 900 };
    for (let round = 0; round < 3; round++)
      await mesh.run({ mesh: 1, tasks: [{ id: "it", use: "t.people", each: many }] }).result;
    expect(await shapeOf(mesh)).toMatchObject({
      schema: { properties: { new: { type: "integer" } }, required: ["new"] },
    });
    expect(await unseen(mesh, "it.old")).toHaveLength(1);
  });

  test("has no key that is a secret", async () => {
    const secret = "s3cret-token-value";
    await using mesh = await meshAt(":memory:", {
      models: { m: { provider: "openai", model: "m", apiKey: secret } },
      tools: { t: [tool("people", () => ({ [secret]: 1 }))] },
    });
    await mesh.run(planOf("t.people")).result;
    expect(await shapeOf(mesh)).toBeUndefined();
  });
});

describe("a planner", () => {
  test.each<[string, boolean, Parameters<typeof planned>]>([
    ["is told the keys of a tool of a closed world", true, [tool("keys", () => ({ [CANARY]: 1 })), {}]],
    ["is told no keys of an open world", false, [tool("keys", () => ({ [CANARY]: 1 }), { isOpenWorld: true }), {}]],
    [
      "is told no keys that came out of an open world on the way",
      false,
      [tool("keys", ({ v }) => v as Json), { v: { $from: "page" } }],
    ],
  ])("%s", async (_, isTold, [subject, args]) => {
    const { asked, events } = await planned(subject, args);
    expect(asked).toContain("t.keys");
    if (isTold) expect(asked).toContain(`{${CANARY}: integer} (learned from earlier results)`);
    else expect(asked).not.toContain(CANARY);
    expect(events.at(-1)?.type).toBe("run.succeeded");
  });
});

/** Runs the tool, then lets a planner use it twice: wrongly, so that it is told of a finding, and again. */
async function planned(subject: ReturnType<typeof tool>, args: object) {
  const model = scriptedModel([
    { tasks: [{ id: "k", use: "t.keys", args: { v: { $from: "k.nothing" } } }] },
    {
      tasks: [
        { id: "k", use: "t.keys" },
        { id: "m", use: "t.keys", args: { v: { $from: "k.canary_ignore" } }, onError: "null" },
      ],
    },
    { tasks: [{ id: "n", use: "t.keys" }] },
    { tasks: [{ id: "o", use: "t.keys" }] },
  ]);
  await using mesh = await createMesh({
    store: ":memory:",
    tools: { t: [subject, tool("page", () => ({ [CANARY]: 1 }), { isOpenWorld: true })] },
    modelInstances: { model },
    nodes: {
      planner: new DefaultPlanner({ chat: () => new ChatPlanner() }),
      composer: { compose: () => Promise.resolve({ text: "Done.", citations: [], removedCitations: [] }) },
    },
  });
  const page = { id: "page", use: "t.page" };
  await mesh.run({ mesh: 1, tasks: [page, { id: "it", use: "t.keys", args: { ...args } }] } as never).result;
  expect(JSON.stringify(await shapeOf(mesh, "t.keys"))).toContain(CANARY);
  const events: RunEvent[] = [];
  const run = mesh.run("Use the keys.");
  for await (const event of run) if ("seq" in event) events.push(event);
  return { asked: JSON.stringify(model.requests), events };
}

function declared() {
  const output = z.object({ people: z.array(z.unknown()), next: z.null() });
  return defineTool({
    name: "people",
    description: "people",
    input: z.object({}),
    output,
    effect: "read",
    run: () => PEOPLE,
  });
}
