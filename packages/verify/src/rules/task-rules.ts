/** The life of a task: started once at a time, counted up, never after its end, and only when what it stands on is there. */
import { countOf, type JournalEvent, payloadHash, textOf } from "../journal-event.ts";
import { elementOf, type RunHistory, type TaskHistory, type TaskPhase } from "../run-history.ts";
import { type Fault, faultUnless, NO_FAULTS } from "../verification.ts";

/** From which phases an event may come. */
const MAY_FOLLOW: Readonly<Record<string, readonly TaskPhase[]>> = {
  "task.reused": ["idle"],
  "task.started": ["idle"],
  // `open`: the run behind its call waits itself
  "task.waiting": ["idle", "open"],
  "task.expanded": ["idle"],
  // an element that waits is skipped when another one has failed
  "task.skipped": ["idle", "waiting", "asked"],
  "task.retried": ["open", "waiting"],
  "task.routed": ["idle"],
  "task.cancelled": ["open", "waiting"],
  "task.in_doubt": ["open"],
  "task.resolved": ["in_doubt"],
  "task.succeeded": ["open", "waiting", "expanded", "answered"],
  // `idle`: its values could not be resolved, or a task before it failed
  "task.failed": ["open", "waiting", "expanded", "answered", "idle"],
};
const CHILD = "child";

export function taskFaults(history: RunHistory, event: JournalEvent): readonly Fault[] {
  const isAsked = event.type === "approval.requested" && textOf(event, "subject") === "task";
  if (isAsked) return [...beginFaults(history, textOf(event, "approval")), ...askFaults(history, event)];
  if (!event.type.startsWith("task.")) return NO_FAULTS;
  const key = textOf(event, "task");
  return [
    ...(event.type === "task.reused" ? NO_FAULTS : knownFaults(history, key)),
    ...phaseFaults(history.task(key), event),
    ...attemptFaults(history.task(key), event),
    ...(["task.started", "task.waiting", "task.expanded"].includes(event.type) ? beginFaults(history, key) : []),
    ...(event.type === "task.started" ? agreementFaults(history.task(key), event) : []),
  ];
}

function knownFaults(history: RunHistory, key: string): readonly Fault[] {
  const element = elementOf(key);
  if (element === undefined || history.nodes.has(key))
    return faultUnless(history.nodes.has(key), "AM_TASK_UNKNOWN", `The accepted plan has no task "${key}".`);
  const count = history.task(element.group)?.elements;
  return faultUnless(
    count !== undefined && element.index < count,
    "AM_ELEMENT_UNKNOWN",
    `"${element.group}" was expanded to ${count ?? "no"} elements, and "${key}" is none of them.`,
  );
}

function phaseFaults(task: TaskHistory | undefined, event: JournalEvent): readonly Fault[] {
  const { phase, attempt, end } = task ?? { phase: "idle", attempt: 0, end: undefined };
  const key = textOf(event, "task");
  if (MAY_FOLLOW[event.type]?.includes(phase) !== false) return childFaults(task, event);
  if (phase === "over")
    return [{ code: "AM_TASK_OVER", message: `"${key}" had ended (${end}) before this event (${event.type}).` }];
  if (phase === "in_doubt")
    return [{ code: "AM_DOUBT_UNRESOLVED", message: `"${key}" is in doubt, and nobody has resolved it.` }];
  if (phase === "open" && event.type === "task.started")
    return [{ code: "AM_ATTEMPTS_OVERLAP", message: `Attempt ${attempt} of "${key}" is still open.` }];
  return [{ code: "AM_TASK_ORDER", message: `${event.type} cannot follow while "${key}" is ${phase}.` }];
}

/** Only a task that has a run of its own waits after it has started, and goes on from there to another attempt, or none. */
function childFaults(task: TaskHistory | undefined, event: JournalEvent): readonly Fault[] {
  const key = textOf(event, "task");
  const isOpen = task?.phase === "open";
  const awaitsChild = task?.phase === "waiting" && task.waitKind === CHILD;
  const message = `${event.type} of "${key}" is for a task with a run of its own.`;
  if (event.type === "task.waiting")
    return faultUnless(isOpen === (textOf(event, "for") === CHILD), "AM_TASK_ORDER", message);
  if (event.type === "task.retried")
    return faultUnless(awaitsChild === (textOf(event, "cause") === CHILD), "AM_TASK_ORDER", message);
  return event.type === "task.cancelled" && !isOpen ? faultUnless(awaitsChild, "AM_TASK_ORDER", message) : NO_FAULTS;
}

function attemptFaults(task: TaskHistory | undefined, event: JournalEvent): readonly Fault[] {
  const attempt = event.fields["attempt"];
  if (event.type !== "task.started" && attempt === undefined) return NO_FAULTS;
  const before = task?.attempt ?? 0;
  const expected = event.type === "task.started" ? before + 1 : before;
  return faultUnless(
    countOf(event, "attempt") === expected,
    "AM_ATTEMPT_NUMBER",
    `This is attempt ${countOf(event, "attempt")} of "${textOf(event, "task")}"; attempt ${expected} is due.`,
  );
}

function beginFaults(history: RunHistory, key: string): readonly Fault[] {
  const element = elementOf(key);
  const isElement = element !== undefined && !history.nodes.has(key);
  const node = history.nodes.get(isElement ? element.group : key);
  if (isElement && history.task(element.group)?.phase === "over")
    return [{ code: "AM_TASK_OVER", message: `"${element.group}" is over, and its element "${key}" begins.` }];
  const ends = [...(node?.before ?? [])].map((id) => ({ id, end: history.task(id)?.end }));
  const open = ends.filter(({ end }) => end === undefined);
  const stuck = ends.filter(({ end }) => end === "failed" || end === "cancelled");
  const skipped = ends.filter(({ end }) => end === "skipped");
  const isSkipped = node?.joinsAny === true ? skipped.length > 0 && skipped.length === ends.length : skipped.length > 0;
  return [
    ...faultUnless(open.length === 0, "AM_DEPENDENCY_OPEN", `"${key}" begins before ${names(open)}, which it needs.`),
    ...faultUnless(stuck.length === 0, "AM_DEPENDENCY_FAILED", `"${key}" begins although ${names(stuck)} failed.`),
    ...faultUnless(!isSkipped, "AM_DEPENDENCY_SKIPPED", `"${key}" begins although ${names(skipped)} was skipped.`),
  ];
}

function askFaults(history: RunHistory, event: JournalEvent): readonly Fault[] {
  const key = textOf(event, "approval");
  const phase = history.task(key)?.phase ?? "idle";
  const message = `"${key}" is ${phase}, and cannot ask now.`;
  return [...knownFaults(history, key), ...faultUnless(phase === "idle", "AM_TASK_ORDER", message)];
}

/** A call that a person has agreed to is made with the arguments that the person saw, or gave. */
function agreementFaults(task: TaskHistory | undefined, event: JournalEvent): readonly Fault[] {
  const agreed = task?.agreedArgs;
  const message = `"${textOf(event, "task")}" is called with other arguments than those that were approved.`;
  return faultUnless(agreed === undefined || agreed === payloadHash(event, "args"), "AM_APPROVED_OTHERWISE", message);
}

function names(found: readonly { readonly id: string }[]): string {
  return found.map(({ id }) => `"${id}"`).join(", ");
}
