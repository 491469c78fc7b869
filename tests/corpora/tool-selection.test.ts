/** Retrieval and output schemas over LiveMCPBench: 70 real servers with 527 tools, and tasks with the tools that people used. */
import { readFileSync } from "node:fs";
import { GENERATE_TOOL, isJsonObject, type JsonObject, type ToolSpec } from "@agentmesh/core";
import { projectSchema, type SchemaDialectName } from "@agentmesh/models";
import { planSchema, rankTools, selectTools, toolSignature } from "@agentmesh/runtime/planner";
import { describe, expect, test } from "vitest";
import { corpus } from "./corpora-folder.ts";

/** The least recall at 20 tools: measured 0.61 on the half of the tasks that is here, less a margin. */
const RECALL_AT_20_MIN = 0.55;
/** The least recall of what a planner is shown in full: measured 0.65. What it is not shown it can ask for by name. */
const RECALL_SHOWN_MIN = 0.58;
const DIALECTS: readonly SchemaDialectName[] = ["openai", "groq", "anthropic", "gemini", "generic"];

interface CorpusServer {
  readonly tools: Readonly<Record<string, { readonly tools: readonly CorpusTool[] }>>;
}
interface CorpusTool {
  readonly name: string;
  readonly description: string | null;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: unknown;
}
interface CorpusTask {
  readonly Question: string;
  readonly "Annotator Metadata": { readonly Tools: string };
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(corpus(`livemcp/${name}`), "utf8"));
}

const tools: readonly ToolSpec[] = (read("tools.json") as readonly CorpusServer[]).flatMap((entry) =>
  Object.entries(entry.tools).flatMap(([server, { tools: listed }]) =>
    listed.map((tool) => ({
      name: `${server}.${tool.name}`,
      server,
      tool: tool.name,
      description: tool.description ?? "",
      inputSchema: tool.inputSchema,
      ...(isJsonObject(tool.outputSchema) ? { outputSchema: tool.outputSchema } : {}),
      effect: "write" as const,
      isOpenWorld: true,
      fingerprint: `${server}.${tool.name}`,
    })),
  ),
);
const names = new Set(tools.map(({ tool }) => tool));

/** Goals with the tools that were needed, by their own names: the corpus does not say of which server. */
const cases = (read("tasks.json") as readonly CorpusTask[]).map((task) => ({
  ranked: rankTools(task.Question, tools),
  shown: selectTools({ goal: task.Question, tools: [GENERATE_TOOL, ...tools], always: new Set([GENERATE_TOOL.name]) })
    .shown,
  needed: task["Annotator Metadata"].Tools.split("\n")
    .map((line) => line.replace(/^\s*\d+\.\s*/, "").trim())
    .filter((name) => names.has(name)),
}));
type Case = (typeof cases)[number];

function recall(found: (one: Case) => readonly ToolSpec[]): number {
  let hits = 0;
  for (const one of cases) {
    const own = new Set(found(one).map(({ tool }) => tool));
    hits += one.needed.filter((name) => own.has(name)).length;
  }
  return hits / cases.reduce((sum, { needed }) => sum + needed.length, 0);
}

test("the corpus is the one that was measured", () => {
  expect(tools.length).toBeGreaterThanOrEqual(527);
  expect(cases.length).toBeGreaterThanOrEqual(45);
});

test("most tools that a goal needs are among the first, without a model", () => {
  const recalls = {
    at8: recall(({ ranked }) => ranked.slice(0, 8)),
    at20: recall(({ ranked }) => ranked.slice(0, 20)),
    at40: recall(({ ranked }) => ranked.slice(0, 40)),
    shown: recall(({ shown }) => shown),
  };
  process.stdout.write(`recall over ${cases.length} goals and ${tools.length} tools: ${JSON.stringify(recalls)}\n`);
  expect(recalls.at20).toBeGreaterThanOrEqual(RECALL_AT_20_MIN);
  expect(recalls.shown).toBeGreaterThanOrEqual(RECALL_SHOWN_MIN);
});

describe("the output schema", () => {
  test.each(DIALECTS)("of every tool fits into %s", (dialect) => {
    const refused = tools.flatMap((tool) => {
      const schema = planSchema({ tools: [tool], tasksMax: 64, hasOthers: true, detail: "full" });
      const projected = projectSchema(schema, dialect).schema;
      return JSON.stringify(projected).includes(JSON.stringify(tool.name)) ? [] : [tool.name];
    });
    expect(refused).toEqual([]);
  });

  test.each(DIALECTS)("of what each goal is shown fits into %s", (dialect) => {
    for (const { shown } of cases) {
      const schema = planSchema({ tools: shown, tasksMax: 64, hasOthers: true, detail: "full" });
      expect(() => projectSchema(schema, dialect)).not.toThrow();
    }
  });
});

test("every tool has a signature of a bounded size on its own lines", () => {
  for (const tool of tools) {
    const lines = toolSignature(tool).split("\n");
    expect(lines.slice(1).every((line) => line.startsWith("  "))).toBe(true);
    expect(lines.join("\n").length).toBeLessThan(4_000);
  }
});
