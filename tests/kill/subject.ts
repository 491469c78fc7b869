/**
 * The program that is killed: `node subject.ts ORDER`. A mesh over a real store, tools that tell the ledger, and a switch that
 * ends the process without a trace. What it prints is of no account: the truth is in the store and in the ledger.
 */
import { scriptedModel } from "@agentmesh/models";
import { createMesh, type Mesh } from "@agentmesh/runtime";
import { KillSwitch } from "./kill-switch.ts";
import { LedgerClient } from "./ledger-client.ts";
import { referenceRun, type ReferenceRun } from "./reference-runs.ts";
import { seeThrough } from "./see-through.ts";
import type { SubjectOrder, SubjectReport, SubjectStep } from "./subject-order.ts";
import { subjectTools } from "./subject-tools.ts";

const { ledger: socketPath, steps } = JSON.parse(process.argv[2] ?? "") as SubjectOrder;
const ledger = await LedgerClient.open(socketPath);
const killSwitch = new KillSwitch();

for (const step of steps) await take(step);
const report: SubjectReport = { writes: killSwitch.writes, calls: killSwitch.calls };
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(); // a cancelled call's grace period would hold it

async function take({ kind, store, reference: name, name: runName, kill }: SubjectStep): Promise<void> {
  const reference = referenceRun(name);
  let onCall = (): void => undefined;
  await using mesh = await openMesh(store, reference, () => onCall());
  killSwitch.arm(kill);
  if (kind === "start") {
    const run = mesh.run(reference.work, { name: runName });
    onCall = () => {
      if (killSwitch.calls + 1 === reference.cancelAtCall) setImmediate(() => run.cancel("enough"));
    };
    await run.result;
  }
  await seeThrough({ mesh, ledger, runName, isCancelled: reference.cancelAtCall !== undefined });
}

function openMesh(store: string, { policy, planner }: ReferenceRun, onCall: () => void): Promise<Mesh> {
  return createMesh({
    store,
    environment: {},
    log: { level: "error", memoryMax: 0 },
    tools: { t: subjectTools({ ledger, killSwitch, onCall }) },
    modelInstances: { words: scriptedModel(() => "a word") },
    policy: { backoffMs: 1, ...policy },
    nodes: {
      planner: {
        plan: (request) => Promise.resolve(planner?.(request) ?? { kind: "no-tool-fits", reason: "no planner" }),
      },
      composer: {
        compose: ({ results }) =>
          Promise.resolve({ text: JSON.stringify(results), citations: [], removedCitations: [] }),
      },
    },
  });
}
