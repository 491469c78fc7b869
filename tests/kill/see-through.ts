/** Stands for the people of a run: takes it up, answers what it asks until it is over. In doubt the ledger is asked. */
import { setTimeout as sleep } from "node:timers/promises";
import type { WaitView } from "@agentmesh/core";
import { CommandRefusedError, type Mesh, type Run } from "@agentmesh/runtime";
import type { LedgerClient } from "./ledger-client.ts";

/** How often a run may come to a stop; beyond it something goes round in circles. */
const STOPS_MAX = 500;
const LOOK_MS = 3;
/** Of a run that is under way after a refusal. */
const LOOKS_MAX = 3_000;

export interface SeenRun {
  readonly mesh: Mesh;
  readonly ledger: LedgerClient;
  readonly runName: string;
  /** Its caller wants it cancelled. */
  readonly isCancelled: boolean;
}

/** Does nothing for a run of which nothing was stored. */
export async function seeThrough(seen: SeenRun): Promise<void> {
  const { mesh, runName, isCancelled } = seen;
  const runs = await mesh.runs({ limit: 1_000 });
  const found = runs.find(({ name }) => name === runName);
  if (found === undefined) return;
  for (let stop = 0; stop < STOPS_MAX; stop++) {
    const { status, waits } = await mesh.show(found.run);
    if (status !== "running" && status !== "suspended") return;
    const act = (): Promise<Run | undefined> =>
      isCancelled ? mesh.cancel(found.run, "enough") : goOn(seen, found.run, { status, waits });
    await carriedOut(act, () => stands(mesh, found.run));
  }
  throw new Error(`${runName} has come to a stop ${STOPS_MAX} times.`);
}

/** An answer that had been stored before its sender died is followed first: the second one is refused, and the run goes on. */
async function carriedOut(act: () => Promise<Run | undefined>, rest: () => Promise<boolean>): Promise<void> {
  try {
    await (
      await act()
    )?.result;
  } catch (error) {
    if (!(error instanceof CommandRefusedError) || !(await rest())) throw error;
  }
}

/** False when it neither goes on nor ends: nobody drives it, and the answer was refused all the same. */
async function stands(mesh: Mesh, id: string): Promise<boolean> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    if ((await mesh.show(id)).status !== "running") return true;
    await sleep(LOOK_MS);
  }
  return false;
}

async function goOn(
  seen: SeenRun,
  id: string,
  { status, waits }: { readonly status: string; readonly waits: readonly WaitView[] },
): Promise<Run | undefined> {
  const [first] = waits.filter((wait) => wait.for !== "time");
  if (status === "running" || first === undefined) return seen.mesh.resume(id);
  return answer(seen, id, first);
}

async function answer({ mesh, ledger }: SeenRun, id: string, wait: WaitView): Promise<Run | undefined> {
  if (wait.for === "approval")
    return wait.name === "refused" ? mesh.reject(id, wait.name) : mesh.approve(id, wait.name);
  if (wait.for !== "resolution") return mesh.signal(id, wait.signal ?? "", { word: "bees" });
  const effect = (await ledger.entriesOf(id)).find(({ task }) => task === wait.name);
  if (effect === undefined) return mesh.resolve(id, wait.name, { as: "retry" });
  return mesh.resolve(id, wait.name, { as: "done", output: effect.output });
}
