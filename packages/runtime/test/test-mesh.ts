/** A mesh for tests: real store, real driver, tools as functions of this process. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json, JsonObject, PlannerOutcome, RunPolicyInput, ToolEffect } from "@agentmesh/core";
import { defineTool, LocalToolSource, type ToolContext } from "@agentmesh/mcp";
import type { Composer, Model, Planner, PlannerRequest, Store } from "@agentmesh/ports";
import { z } from "zod";
import type { RunSignal } from "../src/driver/run-signal.ts";
import { systemClock } from "../src/driver/system-clock.ts";
import { openedModel } from "../src/models/open-model.ts";
import { assembleMesh } from "../src/mesh/assemble-mesh.ts";
import { workflowBook } from "../src/workflows/workflow-book.ts";
import type { Mesh } from "../src/mesh/mesh.ts";
import { thisProcess } from "@agentmesh/store";
import { SqliteStore } from "@agentmesh/store/sqlite";

/** Above what Linux gives out. */
const DEAD_PID = 4_194_305;
const CONTEXT = { environment: {}, clock: systemClock, random: () => 0 };

export interface TestTool {
  readonly effect?: ToolEffect;
  readonly input?: z.ZodObject;
  readonly output?: z.ZodType;
  readonly run: (args: JsonObject, context: ToolContext) => Json | Promise<Json>;
}

export interface TestMeshOptions {
  readonly tools?: Readonly<Record<string, TestTool>>;
  readonly planner?: (request: PlannerRequest) => PlannerOutcome;
  /** By the name that `workflow:NAME` uses. */
  readonly workflows?: Readonly<Record<string, unknown>>;
  readonly store?: Store;
  readonly policy?: RunPolicyInput;
  readonly secrets?: readonly string[];
  readonly cancelGraceMs?: number;
  readonly observe?: (signal: RunSignal) => void;
  /** Answers mesh.generate. */
  readonly model?: Model;
  readonly composer?: Composer;
}

/** Tools are addressed as `t.NAME`. */
export function testMesh(options: TestMeshOptions = {}): Mesh {
  const tools = Object.entries(options.tools ?? {}).map(([name, tool]) =>
    defineTool({
      name,
      description: name,
      input: tool.input ?? z.looseObject({}),
      ...(tool.output === undefined ? {} : { output: tool.output }),
      effect: tool.effect ?? "write",
      isOpenWorld: false,
      run: (args, context) => tool.run(args as JsonObject, context) as never,
    }),
  );
  const planner: Planner = {
    plan: (request) => Promise.resolve(options.planner?.(request) ?? { kind: "no-tool-fits", reason: "no planner" }),
  };
  const composer: Composer = {
    compose: (request) =>
      Promise.resolve({
        text: request.results.map((result) => `${JSON.stringify(result.value)} [${result.task}]`).join(" "),
        citations: request.results.map((result) => result.task),
        removedCitations: [],
      }),
  };
  const { policy, secrets, cancelGraceMs, observe, model } = options;
  return assembleMesh({
    store: options.store ?? new SqliteStore(":memory:"),
    sources: [new LocalToolSource({ server: "t", tools })],
    models: new Map(model === undefined ? [] : [["m", () => Promise.resolve(openedModel(model, CONTEXT))]]),
    nodes: { planner, composer: options.composer ?? composer },
    workflows: workflowBook(Object.entries(options.workflows ?? {})),
    ...(policy === undefined ? {} : { policy }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(cancelGraceMs === undefined ? {} : { cancelGraceMs }),
    ...(observe === undefined ? {} : { observe }),
  });
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "agentmesh-test-"));
}

/** A store whose owner counts as dead for every other process: what it drives can be taken over at once, while it still lives. */
export function doomedStore(path: string): SqliteStore {
  return new SqliteStore(path, { identity: { ...thisProcess(), pid: DEAD_PID, started: "1" } });
}
