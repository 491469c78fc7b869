/** A mesh over a store whose tools write down every call before they answer: what really happened to the world. */
import { appendFileSync } from "node:fs";
import type { PlanInput } from "@agentmesh/core";
import { defineTool, type StandardSchema } from "@agentmesh/mcp";
import type { Store } from "@agentmesh/ports";
import { createMesh, type Mesh } from "@agentmesh/runtime";

/** A call, as a line of the ledger. */
export interface LedgerCall {
  readonly tool: string;
  readonly run: string;
  readonly task: string;
}

interface CallInput {
  readonly run: string;
  readonly task: string;
  readonly before?: unknown;
}

const AS_GIVEN: StandardSchema<CallInput> = {
  "~standard": { version: 1, vendor: "tests", validate: (value) => ({ value: value as CallInput }) },
};
const INPUT = { type: "object", properties: { run: { type: "string" }, task: { type: "string" } } };

export function ledgerMesh(store: Store, ledger: string, callMs: number): Promise<Mesh> {
  const tool = (name: string, effect: "read" | "write") =>
    defineTool({
      name,
      description: "Writes down that it was called.",
      input: AS_GIVEN,
      inputSchema: INPUT,
      effect,
      isOpenWorld: false,
      run: async ({ run, task }) => {
        appendFileSync(ledger, `${JSON.stringify({ tool: name, run, task } satisfies LedgerCall)}\n`);
        await new Promise((resolve) => setTimeout(resolve, callMs));
        return { task };
      },
    });
  return createMesh({
    environment: {},
    storeInstance: store,
    tools: [tool("look", "read"), tool("pay", "write")],
    policy: { inDoubt: "fail" },
  });
}

/** Two chains that meet: reads, which may be repeated, and payments, which may not. */
export function ledgerPlan(): PlanInput {
  const task = (id: string, use: string, before?: string) => ({
    id,
    use: `local.${use}`,
    args: { run: { $from: "run.id" }, task: id, before: before === undefined ? null : { $from: before } },
  });
  return {
    mesh: 1,
    name: "ledger",
    tasks: [
      task("a", "look"),
      task("b", "pay", "a"),
      task("c", "look", "a"),
      task("d", "pay", "c"),
      task("e", "look", "d"),
    ],
    output: { b: { $from: "b" }, e: { $from: "e" } },
  };
}
