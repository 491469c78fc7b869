/** AgentMesh at its public interface: `createMesh`, one local tool that does nothing, a plan. */
import { join } from "node:path";
import { PostgresStore } from "@agentmesh/postgres";
import type { CreateMeshOptions } from "@agentmesh/runtime";
import { stepMesh } from "../workload/step-mesh.ts";
import { stepPlan } from "../workload/step-plan.ts";
import type { Contender, Job } from "./contender.ts";
import { RunNotSucceededError } from "./run-not-succeeded-error.ts";

/** The others start all that can start; the default of 16 protects servers, and here is none. */
const CALLS_AT_ONCE = 64;

export const agentmesh: Contender = {
  name: "AgentMesh",
  packages: [],
  supports: () => true,
  async prepare(job) {
    const policy = { concurrency: { run: CALLS_AT_ONCE } };
    const mesh = await stepMesh(
      async (task) => {
        const output = await job.step(task);
        return typeof output === "string" ? { index: task, text: output } : { index: task };
      },
      { ...(await storeOf(job)), policy },
    );
    await mesh.tools();
    const plan = stepPlan(job.graph);
    return {
      async run() {
        const { status } = await mesh.run(plan).result;
        if (status !== "succeeded") throw new RunNotSucceededError(status);
      },
      close: () => mesh[Symbol.asyncDispose](),
    };
  },
};

async function storeOf({ keeping, folder, postgresUrl }: Job): Promise<CreateMeshOptions> {
  if (keeping === "memory") return { store: ":memory:" };
  if (keeping === "sqlite") return { store: join(folder, "agentmesh.db") };
  return { storeInstance: await PostgresStore.open({ url: postgresUrl }) };
}
