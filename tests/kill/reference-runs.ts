/** The runs that are killed: small plans of every kind of step, each with one possible outcome however often it is killed. */
import type { PlanInput, PlannerOutcome, RunPolicyInput } from "@agentmesh/core";
import type { PlannerRequest } from "@agentmesh/ports";
import { workflowPlan } from "./workflow-plan.ts";

export interface ReferenceRun {
  readonly name: string;
  /** A goal, or a plan. */
  readonly work: string | PlanInput;
  readonly policy?: RunPolicyInput;
  /** For a goal. */
  readonly planner?: (request: PlannerRequest) => PlannerOutcome;
  /** Cancelled by its caller once so many calls are under way. */
  readonly cancelAtCall?: number;
}

type Task = PlanInput["tasks"][number];

const from = (reference: string): object => ({ $from: reference });
const write = (id: string, v: unknown, more: Partial<Task> = {}): Task => ({
  id,
  use: "t.write",
  args: { v } as never,
  ...more,
});
const plan = (name: string, tasks: readonly Task[], output?: object): PlanInput => ({
  mesh: 1,
  name,
  tasks: [...tasks],
  ...(output === undefined ? {} : { output: output as never }),
});

const diamond = plan(
  "diamond",
  [
    write("a", "start"),
    { id: "b", use: "t.read", args: { v: from("a.wrote") } as never },
    write("c", from("a.wrote")),
    write("d", "{{ b.wrote }} and {{ c.wrote }}", { args: { v: "{{ b.wrote }} and {{ c.wrote }}", padded: true } }),
  ],
  { end: from("d.wrote") },
);

const wide = plan(
  "wide",
  Array.from({ length: 50 }, (_, index) => write(`w${index}`, index)),
);

const approvalAndRetry = plan(
  "approval",
  [
    write("a", "pay", { approve: { message: "Pay?" } }),
    { id: "b", use: "t.flaky", args: { v: from("a.wrote") } as never, retry: { max: 2, delayMs: 1 } },
    { id: "c", use: "mesh.approve", args: { message: "Go on?" }, after: ["b"] },
    write("d", "yes", { when: "c.approved" }),
    write("e", "no", { when: "not c.approved" }),
  ],
  { d: from("d.wrote") },
);

const each = plan("each", [
  { id: "list", use: "t.list", args: { count: 6 } },
  write("pages", from("page"), {
    each: { in: from("list.items") as never, as: "page", concurrency: 3 },
  }),
  {
    id: "looks",
    use: "t.read",
    args: { v: "{{ page.wrote }}" },
    each: { in: from("pages") as never, as: "page" },
  },
  { id: "again", use: "t.again", args: { v: "{{ index }}" }, each: { in: [1, 2] }, after: ["looks"] },
]);

const cancelled = plan("cancel", [
  write("first", 1),
  write("second", 2),
  { id: "hold", use: "t.hold", args: { v: from("first.wrote") } as never },
  { id: "gaze", use: "t.gaze", args: { v: from("second.wrote") } as never },
  write("never", from("hold.wrote")),
]);

const waitAndBudget = plan("wait", [
  { id: "pause", use: "mesh.wait", args: { delayMs: 3 } },
  { id: "go", use: "mesh.wait", args: { signal: "go" }, after: ["pause"] },
  { id: "words", use: "mesh.generate", args: { prompt: "Say {{ go.word }}.", maxTokens: 20 } },
  write("a", from("words.text")),
  write("b", from("a.wrote")),
  write("c", from("b.wrote")),
]);

const refused = plan("refused", [
  write("a", 1),
  write("refused", from("a.wrote"), { approve: true }),
  write("beside", from("a.wrote")),
  write("never", from("refused.wrote")),
]);

/** The first plan fails at its second task; the patch goes round it. */
function patched({ previous }: PlannerRequest): PlannerOutcome {
  const second: Task = { id: "broken", use: "t.broken", args: { v: from("first.wrote") } as never };
  const instead = write("instead", from("first.wrote"));
  return previous === undefined
    ? { kind: "plan", plan: plan("goal", [write("first", 1), second]) }
    : { kind: "plan", plan: plan("goal", [instead]) };
}

function lost(): PlannerOutcome {
  throw new Error("out of ideas");
}

export const REFERENCE_RUNS: readonly ReferenceRun[] = [
  { name: "diamond", work: diamond },
  { name: "wide", work: wide },
  { name: "approval", work: approvalAndRetry },
  { name: "each", work: each },
  { name: "workflow", work: workflowPlan() },
  { name: "cancel", work: cancelled, cancelAtCall: 4 },
  { name: "wait", work: waitAndBudget, policy: { budget: { calls: 2, tokens: 100_000, onExceeded: "ask" } } },
  { name: "goal", work: "reach it", planner: patched },
  { name: "refused", work: refused },
  { name: "lost", work: "find it", planner: lost },
];

export function referenceRun(name: string): ReferenceRun {
  const found = REFERENCE_RUNS.find((reference) => reference.name === name);
  if (found === undefined) throw new Error(`No reference run is named ${name}.`);
  return found;
}
