/** What has happened to a run so far, as far as the rules need it: a plain fold, event by event, that trusts nothing. */
import { BudgetAccount } from "./budget-account.ts";
import { countOf, isTerminalType, type JournalEvent, payloadHash, textOf } from "./journal-event.ts";
import { planNodes, type PlanNode } from "./plan-edges.ts";

/** `answered`: the question that it asked has its answer, which the next event takes up. */
export type TaskPhase = "idle" | "open" | "waiting" | "asked" | "answered" | "in_doubt" | "expanded" | "over";
export type TaskEnd = "succeeded" | "failed" | "handled" | "skipped" | "cancelled";

export interface TaskHistory {
  phase: TaskPhase;
  /** The number of its newest attempt. */
  attempt: number;
  end: TaskEnd | undefined;
  /** What it waits for. */
  waitKind: string;
  /** How many elements it has; undefined until it is expanded. */
  elements: number | undefined;
  /** The hash of the arguments that a person has agreed to; undefined when nobody was asked. */
  agreedArgs: string | undefined;
}

/** A question to a person that is open. */
export interface OpenQuestion {
  readonly subject: string;
  readonly tool: string;
  readonly args: string | undefined;
}

interface Binding {
  readonly tool?: unknown;
  readonly effect?: unknown;
  readonly alternatives?: readonly Binding[];
}

export type RunPhase = "none" | "running" | "suspended" | "cancelling" | "stopping" | "over";

const ELEMENT = /^(.*)\[(\d+)\]$/;
const QUESTION_TOOL = "mesh.approve";

export class RunHistory {
  phase: RunPhase = "none";
  /** `succeeded`, `failed` or `cancelled` once the run is over. */
  end: string | undefined;
  isCancelRequested = false;
  readonly tasks = new Map<string, TaskHistory>();
  /** Keys of tasks with an attempt under way. */
  readonly open = new Set<string>();
  readonly inDoubt = new Set<string>();
  /** Keys of tasks that wait for a signal, an event or a time. */
  readonly waiting = new Set<string>();
  readonly questions = new Map<string, OpenQuestion>();
  readonly budget = new BudgetAccount();
  /** What calls may do to the world, by tool: of all that plans of this run were checked with. */
  readonly effects = new Map<string, string>();
  nodes: ReadonlyMap<string, PlanNode> = new Map();
  /** Of the plan that was proposed last. */
  proposed: ReadonlyMap<string, PlanNode> | undefined;
  openNode: string | undefined;
  /** The run that this one is forked off, and the last event of it that it knows. */
  fork: { readonly run: string; readonly seq: number } | undefined;

  task(key: string): TaskHistory | undefined {
    return this.tasks.get(key);
  }

  apply(event: JournalEvent): void {
    this.budget.apply(event);
    if (event.type.startsWith("task.")) this.#applyTask(event);
    else if (event.type.startsWith("run.")) this.#applyRun(event);
    else if (event.type.startsWith("approval.")) this.#applyApproval(event);
    else this.#applyPipeline(event);
  }

  #applyRun(event: JournalEvent): void {
    if (isTerminalType(event.type)) {
      this.phase = "over";
      this.end = event.type.slice("run.".length);
    } else if (event.type === "run.cancel_requested") {
      this.phase = "cancelling";
      this.isCancelRequested = true;
      this.questions.clear();
      for (const key of this.waiting) if (this.tasks.get(key)?.waitKind !== "child") this.waiting.delete(key);
    } else if (event.type === "run.created") this.#create(event);
    else if (event.type === "run.suspended") this.phase = "suspended";
    else if (event.type === "run.started") this.phase = "running";
    else if (event.type === "run.resumed" && this.phase === "suspended") this.phase = "running";
  }

  #create({ fields: { fork } }: JournalEvent): void {
    if (fork === undefined) return;
    const { run, seq } = fork as { readonly run?: unknown; readonly seq?: unknown };
    this.fork = { run: String(run), seq: Number(seq) };
  }

  #applyPipeline(event: JournalEvent): void {
    switch (event.type) {
      case "node.started":
        this.openNode = textOf(event, "call");
        return;
      case "node.succeeded":
      case "node.failed":
        this.openNode = undefined;
        return;
      case "plan.proposed":
        this.proposed = planNodes(event.fields["plan"] as Readonly<Record<string, unknown>>);
        return;
      case "plan.accepted":
      case "plan.patched":
        this.nodes = this.proposed ?? this.nodes;
        this.#bind(Object.values(event.fields["bindings"] as Readonly<Record<string, Binding>>));
        return;
      case "budget.exceeded":
        if (event.fields["error"] !== undefined) this.phase = "stopping";
    }
  }

  #bind(bindings: readonly Binding[]): void {
    for (const { tool, effect, alternatives = [] } of bindings) {
      this.effects.set(String(tool), String(effect));
      this.#bind(alternatives);
    }
  }

  #applyApproval(event: JournalEvent): void {
    const key = textOf(event, "approval");
    if (event.type === "approval.requested") return this.#ask(key, event);
    const question = this.questions.get(key);
    this.questions.delete(key);
    const task = this.tasks.get(key);
    if (task === undefined || question === undefined || question.subject !== "task") return;
    const isCall = event.type === "approval.granted" && question.tool !== QUESTION_TOOL;
    task.phase = isCall ? "idle" : "answered";
    if (isCall) task.agreedArgs = payloadHash(event, "args") ?? question.args;
  }

  #ask(key: string, event: JournalEvent): void {
    const subject = textOf(event, "subject");
    const tool = textOf(event, "tool");
    this.questions.set(key, { subject, tool, args: payloadHash(event, "args") });
    if (subject !== "task") return;
    const task = this.#taskAt(key);
    task.phase = "asked";
    if (tool === QUESTION_TOOL) task.attempt = 1;
  }

  #applyTask(event: JournalEvent): void {
    const key = textOf(event, "task");
    const task = this.#taskAt(key);
    this.open.delete(key);
    this.inDoubt.delete(key);
    this.waiting.delete(key);
    this.questions.delete(key);
    switch (event.type) {
      case "task.started":
        this.open.add(key);
        task.phase = "open";
        task.attempt = countOf(event, "attempt");
        return;
      case "task.waiting":
        this.waiting.add(key);
        task.phase = "waiting";
        task.waitKind = textOf(event, "for");
        if (task.waitKind !== "child") task.attempt = 1;
        return;
      case "task.reused":
        task.phase = "over";
        task.end = reusedEnd(event);
        task.elements = event.fields["count"] === undefined ? undefined : countOf(event, "count");
        return;
      case "task.expanded":
        task.phase = "expanded";
        task.elements = countOf(event, "count");
        return;
      case "task.retried":
        task.phase = "idle";
        if (textOf(event, "cause") === "fallback") task.agreedArgs = undefined;
        break;
      case "task.routed":
        break;
      case "task.in_doubt":
        this.inDoubt.add(key);
        task.phase = "in_doubt";
        return;
      default:
        return end(task, event);
    }
  }

  #taskAt(key: string): TaskHistory {
    const known = this.tasks.get(key);
    if (known !== undefined) return known;
    const task: TaskHistory = {
      phase: "idle",
      attempt: 0,
      end: undefined,
      waitKind: "",
      elements: undefined,
      agreedArgs: undefined,
    };
    this.tasks.set(key, task);
    return task;
  }
}

/** The `each` and the place of an element; undefined for any other task. */
export function elementOf(key: string): { readonly group: string; readonly index: number } | undefined {
  const match = ELEMENT.exec(key);
  return match === null ? undefined : { group: match[1] ?? "", index: Number(match[2]) };
}

function end(task: TaskHistory, event: JournalEvent): void {
  if (event.type === "task.resolved" && textOf(event, "as") === "retry") {
    task.phase = "idle";
    return;
  }
  task.phase = "over";
  task.end = endOf(event);
}

function reusedEnd(event: JournalEvent): TaskEnd {
  const as = textOf(event, "as");
  return as === "failed" ? "handled" : as === "skipped" ? "skipped" : "succeeded";
}

function endOf(event: JournalEvent): TaskEnd {
  switch (event.type) {
    case "task.succeeded":
      return "succeeded";
    case "task.resolved":
      return textOf(event, "as") === "done" ? "succeeded" : "failed";
    case "task.skipped":
      return "skipped";
    case "task.cancelled":
      return "cancelled";
    default:
      return event.fields["isHandled"] === true ? "handled" : "failed";
  }
}
