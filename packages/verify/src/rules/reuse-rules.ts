/** What a fork takes over: from the run that it names, before its plan is accepted, and what that run's journal says. */
import { type JournalEvent, payloadHash, readEvent, textOf } from "../journal-event.ts";
import { elementOf, type RunHistory } from "../run-history.ts";
import type { StoredRow } from "../stored-row.ts";
import { type Fault, faultUnless, NO_FAULTS } from "../verification.ts";

/** A row of another run; undefined when it has none of that number, `gone` when the run is not in the store. */
export type ReadSource = (run: string, seq: number) => StoredRow | "gone" | undefined;

interface Origin {
  readonly run: string;
  readonly seq: number;
}

export function reuseFaults(history: RunHistory, event: JournalEvent, readSource: ReadSource): readonly Fault[] {
  if (event.type !== "task.reused") return NO_FAULTS;
  const from = originIn(event.fields["from"]);
  return [...placeFaults(history, event), ...originFaults(history, from), ...sourceFaults(event, from, readSource)];
}

function originIn(value: unknown): Origin {
  const { run, seq } = value as { readonly run?: unknown; readonly seq?: unknown };
  return { run: typeof run === "string" ? run : "", seq: typeof seq === "number" ? seq : 0 };
}

function placeFaults({ nodes, proposed }: RunHistory, event: JournalEvent): readonly Fault[] {
  const key = textOf(event, "task");
  const id = elementOf(key)?.group ?? key;
  return [
    ...faultUnless(nodes.size === 0, "AM_REUSED_LATE", `"${key}" is taken over after the plan was accepted.`),
    ...faultUnless(
      proposed?.has(key) === true || proposed?.has(id) === true,
      "AM_TASK_UNKNOWN",
      `The plan has no task "${key}" to take anything over for.`,
    ),
  ];
}

function originFaults({ fork }: RunHistory, from: Origin): readonly Fault[] {
  if (fork === undefined)
    return [{ code: "AM_REUSED_UNFORKED", message: "The run is no fork, and takes something over." }];
  return faultUnless(
    from.run === fork.run && from.seq <= fork.seq,
    "AM_REUSED_ORIGIN",
    `It is taken over from event ${from.seq} of ${from.run}; the run was forked off ${fork.run} at event ${fork.seq}.`,
  );
}

function sourceFaults(event: JournalEvent, { run, seq }: Origin, readSource: ReadSource): readonly Fault[] {
  const row = readSource(run, seq);
  if (row === "gone") return NO_FAULTS;
  const source = row === undefined ? undefined : readEvent(row);
  const isRight = typeof source === "object" && saysSo(source, event);
  const said = row === undefined ? "there is no such event" : `that is ${row.type}`;
  const message = `Event ${seq} of ${run} does not say that "${textOf(event, "task")}" ${textOf(event, "as")} with this value: ${said}.`;
  return faultUnless(isRight, "AM_REUSED_OTHERWISE", message);
}

/** Whether an event of the other run gives this outcome to this task. */
function saysSo(source: JournalEvent, reused: JournalEvent): boolean {
  const isSameTask = textOf(source, "task") === textOf(reused, "task");
  const isSameValue = payloadHash(source, "output") === payloadHash(reused, "output");
  return isSameTask && isSameValue && outcomeOf(source) === textOf(reused, "as");
}

function outcomeOf(event: JournalEvent): string {
  switch (event.type) {
    case "task.reused":
      return textOf(event, "as");
    case "task.succeeded":
      return "succeeded";
    case "task.resolved":
      return textOf(event, "as") === "done" ? "succeeded" : "";
    case "task.failed":
      return event.fields["isHandled"] === true ? "failed" : "";
    case "task.skipped":
      return "skipped";
    default:
      return "";
  }
}
