/** What must hold of a run that was killed and taken up again, by the store, the ledger and an undisturbed run. */
import { evolve, type RunEvent, RunState, runView } from "@agentmesh/core";
import { SqliteStore } from "@agentmesh/runtime";
import { verifyStore } from "@agentmesh/verify";
import type { LedgerEntry } from "./ledger-entry.ts";
import { REPEATABLE_TOOLS } from "./subject-tools.ts";

/** What a run came to, without what may differ from run to run: times, attempts, usage. */
export interface Outcome {
  readonly status: string;
  readonly tasks: Readonly<Record<string, string>>;
  readonly output: string | undefined;
}

export interface CheckedRun {
  readonly store: string;
  /** Undefined when nothing of it was stored. */
  readonly events: readonly RunEvent[] | undefined;
  readonly effects: readonly LedgerEntry[];
  /** Of an undisturbed run; absent where only its status is certain. */
  readonly expected: Partial<Outcome>;
}

/** The events of the run of this name; undefined when there is none. */
export async function eventsOf(storePath: string, name: string): Promise<readonly RunEvent[] | undefined> {
  const store = new SqliteStore(storePath);
  try {
    const runs = await store.runs({ tenant: "default", limit: 1_000 });
    const run = runs.find((each) => each.name === name)?.run;
    return run === undefined ? undefined : await store.read(run, 0);
  } finally {
    await store.close();
  }
}

export function outcomeOf(events: readonly RunEvent[]): Outcome {
  const state = new RunState();
  for (const event of events) evolve(state, event);
  const { status, tasks, output } = runView(state);
  return {
    status,
    output: output?.hash,
    tasks: Object.fromEntries(
      Object.values(tasks).map((task) => [task.id, `${task.status} ${task.output?.hash ?? ""}`]),
    ),
  };
}

/** In words; empty when all is well. */
export function faultsOf({ store, events, effects, expected }: CheckedRun): readonly string[] {
  const [created] = events ?? [];
  if (events === undefined || created === undefined)
    return effects.length === 0 ? [] : ["The ledger has effects of a run that was never stored."];
  const { violations } = verifyStore(store, { run: created.run });
  return [
    ...violations.map(({ seq, code, message }) => `event ${seq} ${code}: ${message}`),
    ...repeatedEffects(effects),
    ...effects.flatMap((effect) => effectFaults(effect, events)),
    ...outcomeFaults(outcomeOf(events), expected),
  ];
}

function repeatedEffects(effects: readonly LedgerEntry[]): readonly string[] {
  const once = effects.filter(({ tool }) => !REPEATABLE_TOOLS.has(tool));
  return [...Map.groupBy(once, ({ key }) => key)]
    .filter(([, same]) => same.length > 1)
    .map(([key, same]) => `${same.length} effects under the key ${key}.`);
}

/** Write before show, and never again after a stored end. */
function effectFaults({ task, atMs, key }: LedgerEntry, events: readonly RunEvent[]): readonly string[] {
  const own = events.filter((event) => "task" in event && event.task === task);
  const isIntended = own.some((event) => event.type === "task.started" && event.atMs <= atMs);
  const isLate = own.some((event) => event.type === "task.succeeded" && event.atMs < atMs);
  return [
    ...(isIntended ? [] : [`An effect without a stored intent: ${key}.`]),
    ...(isLate ? [`An effect after the stored success of its task: ${key}.`] : []),
  ];
}

function outcomeFaults(outcome: Outcome, expected: Partial<Outcome>): readonly string[] {
  return (["status", "tasks", "output"] as const).flatMap((name) => {
    const [is, was] = [JSON.stringify(outcome[name]), JSON.stringify(expected[name])];
    return !Object.hasOwn(expected, name) || is === was ? [] : [`Its ${name} is ${is}; undisturbed it is ${was}.`];
  });
}
