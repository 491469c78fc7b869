/** AgentMesh, as programs use it: chains of calls of a local tool over a store. */
import { DatabaseSync } from "node:sqlite";
import { statSync } from "node:fs";
import type { PlanInput } from "@agentmesh/core";
import { defineTool, type StandardSchema } from "@agentmesh/mcp";
import { PostgresStore } from "@agentmesh/postgres";
import { createMesh, SqliteStore } from "@agentmesh/runtime";
import { taskGraph } from "../workload/task-graph.ts";
import { stepPlan } from "../workload/step-plan.ts";
import { stepWork } from "./step-work.ts";
import type { Subject, Workload } from "./subject.ts";

interface StepInput {
  readonly index: number;
}
type MeasuredStore = SqliteStore | PostgresStore;

const AS_GIVEN: StandardSchema<StepInput> = {
  "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value: value as StepInput }) },
};
const INTEGER = { type: "integer" };
const INPUT = { type: "object", properties: { index: INTEGER, before: { type: "array", items: INTEGER } } };
const OUTPUT = { type: "object", properties: { index: INTEGER, text: { type: "string" } }, required: ["index"] };

export async function sqliteMesh(path: string, workload: Workload): Promise<Subject> {
  const subject = await meshSubject(new SqliteStore(path), workload);
  return { ...subject, bytes: () => bytesOf(path), [Symbol.asyncDispose]: subject[Symbol.asyncDispose] };
}

export async function postgresMesh(url: string, workload: Workload): Promise<Subject> {
  return meshSubject(await PostgresStore.open({ url, schema: `bench_${process.pid}` }), workload);
}

async function meshSubject(store: MeasuredStore, workload: Workload): Promise<Subject> {
  const work = stepWork(workload);
  let calls = 0;
  const step = defineTool({
    name: "step",
    description: "Gives its number back.",
    input: AS_GIVEN,
    inputSchema: INPUT,
    output: AS_GIVEN,
    outputSchema: OUTPUT,
    effect: "read",
    isOpenWorld: false,
    run: ({ index }) => {
      calls++;
      return work(index);
    },
  });
  const plan: PlanInput = stepPlan(taskGraph("chain", workload.steps));
  const mesh = await createMesh({ storeInstance: store, tools: [step] });
  return {
    round: async () => {
      const before = calls;
      const results = await Promise.all(Array.from({ length: workload.runs }, () => mesh.run(plan).result));
      if (results.some(({ status }) => status !== "succeeded")) throw new RangeError("a run did not succeed");
      return calls - before;
    },
    commits: () => store.commits,
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}

/** After everything was copied from the log into the file. */
function bytesOf(path: string): number {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return statSync(path).size;
}
