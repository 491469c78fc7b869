/**
 * The static check (promise 5): everything that can be known to be wrong with a plan before its first task starts, all at
 * once, each with a code and a path. What cannot be known is said as "unchecked", never passed over.
 */
import { checkArguments } from "./check-arguments.ts";
import { checkReferences } from "./check-references.ts";
import { type CompiledPlan, compilePlan } from "./compiled-plan.ts";
import type { CompiledTask } from "./compiled-task.ts";
import type { Finding } from "./finding.ts";
import { jsonPointer } from "./json.ts";
import { suggestion } from "./nearest-names.ts";
import { type Plan, RESERVED_IDS, TASK_ID } from "./plan.ts";
import type { PlanValue } from "./plan-value.ts";
import type { ToolCatalogue } from "./tool-catalogue.ts";
import type { ToolSpec } from "./tool-spec.ts";
import { kindOfUse, serverOfUse, type UseKind } from "./tool-use.ts";

export interface PlanCheck {
  readonly findings: readonly Finding[];
  readonly compiled: CompiledPlan;
}

/** A check whose every tool was there: it stays right for as long as these are the tools. */
interface KnownCheck {
  readonly tools: ReadonlyMap<string, ToolSpec>;
  readonly check: PlanCheck;
}

const known = new WeakMap<Plan, KnownCheck>();

/** The same plan, which nobody changes once it is parsed, is checked once against the same tools. */
export function checkPlan(plan: Plan, catalogue: ToolCatalogue): PlanCheck {
  const before = known.get(plan);
  if (before?.tools.entries().every(([use, tool]) => catalogue.toolFor(use) === tool) === true) return before.check;
  const check = checkAgainst(plan, catalogue);
  const tools = toolsOf(plan, catalogue);
  if (tools === undefined) known.delete(plan);
  else known.set(plan, { tools, check });
  return check;
}

function toolsOf(plan: Plan, catalogue: ToolCatalogue): ReadonlyMap<string, ToolSpec> | undefined {
  const tools = new Map<string, ToolSpec>();
  for (const { use, onError } of plan.tasks) {
    for (const each of typeof onError === "object" ? [use, onError.use] : [use]) {
      const tool = tools.get(each) ?? catalogue.toolFor(each);
      if (tool === undefined) return undefined;
      tools.set(each, tool);
    }
  }
  return tools;
}

function checkAgainst(plan: Plan, catalogue: ToolCatalogue): PlanCheck {
  const compiled = compilePlan(plan);
  const findings: Finding[] = [...checkIds(plan), ...compiled.findings, ...checkCycle(compiled)];
  for (const task of compiled.tasks) checkTask(task, { compiled, catalogue, findings });
  checkReferences({ compiled, catalogue, place: "output" }, findings);
  return { findings, compiled };
}

interface TaskCheck {
  readonly compiled: CompiledPlan;
  readonly catalogue: ToolCatalogue;
  readonly findings: Finding[];
}

/** A use of a tool: by the task itself, or in its place by `onError`. `at`: where that stands in the task. */
interface Use {
  readonly use: string;
  readonly value: PlanValue;
  readonly at: readonly string[];
}

const ITSELF: readonly string[] = [];
const INSTEAD: readonly string[] = ["onError"];

function checkTask(task: CompiledTask, check: TaskCheck): void {
  const { compiled, catalogue, findings } = check;
  const before = findings.length;
  findings.push(...checkFeatures(task), ...checkAfter(task, compiled));
  checkReferences({ compiled, catalogue, place: task }, findings);
  checkUse(task, { use: task.spec.use, value: task.args, at: ITSELF }, check);
  const { onError } = task.spec;
  if (typeof onError === "object" && task.fallback !== undefined)
    checkUse(task, { use: onError.use, value: task.fallback, at: INSTEAD }, check);
  for (const finding of findings.splice(before)) findings.push({ ...finding, task: task.spec.id });
}

function checkUse(task: CompiledTask, { use, value, at }: Use, { compiled, catalogue, findings }: TaskCheck): void {
  const tool = catalogue.toolFor(use);
  if (tool === undefined) findings.push(unknownTool(use, ["tasks", task.index, ...at, "use"], catalogue));
  else checkArguments({ tool, value, at: at === ITSELF ? ARGS : [...at, "args"], task, compiled, catalogue }, findings);
}

const ARGS: readonly string[] = ["args"];

function checkIds(plan: Plan): readonly Finding[] {
  const seen = new Map<string, number>();
  return plan.tasks.flatMap(({ id }, index): readonly Finding[] => {
    const path = (): string => jsonPointer(["tasks", index, "id"]);
    const first = seen.get(id);
    seen.set(id, first ?? index);
    if (first !== undefined)
      return [
        error("AM_DUPLICATE_ID", path(), {
          message: `"${id}" is the id of tasks ${first} and ${index}.`,
          hint: "Give each task an id of its own.",
        }),
      ];
    if (RESERVED_IDS.includes(id))
      return [
        error("AM_RESERVED_ID", path(), {
          message: `"${id}" is a reserved name.`,
          hint: `Reserved: ${RESERVED_IDS.join(", ")}.`,
        }),
      ];
    if (!TASK_ID.test(id))
      return [
        error("AM_BAD_ID", path(), {
          message: `"${id}" is no id.`,
          hint: "An id starts with a letter or _, then letters, digits, _ and -.",
        }),
      ];
    return NONE;
  });
}

function checkCycle(compiled: CompiledPlan): readonly Finding[] {
  if (compiled.cycle.length === 0) return [];
  const ids = oneCycle(compiled).map((index) => compiled.tasks[index]?.spec.id ?? "");
  const path = jsonPointer(["tasks", compiled.indexOf.get(ids[0] ?? "") ?? 0]);
  return [
    {
      ...error("AM_CYCLE", path, {
        message: `These tasks wait for each other: ${[...ids, ids[0]].join(" -> ")}.`,
        hint: "Take one of the references or `after` away.",
      }),
      task: ids[0] ?? "",
    },
  ];
}

/** Walks dependencies inside the stuck tasks until one comes up again. */
function oneCycle(compiled: CompiledPlan): readonly number[] {
  const stuck = new Set(compiled.cycle);
  const seen: number[] = [];
  let at = compiled.cycle[0];
  while (at !== undefined && !seen.includes(at)) {
    seen.push(at);
    at = compiled.tasks[at]?.dependencies.find((next) => stuck.has(next));
  }
  const cycle = at === undefined ? seen : seen.slice(seen.indexOf(at)).reverse();
  const first = cycle.indexOf(Math.min(...cycle));
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}

function checkAfter(task: CompiledTask, compiled: CompiledPlan): readonly Finding[] {
  if (task.spec.after === undefined) return NONE;
  return task.spec.after.flatMap((id, index) => {
    if (compiled.indexOf.has(id)) return [];
    return [
      error("AM_UNKNOWN_TASK", jsonPointer(["tasks", task.index, "after", index]), {
        message: `No task is named "${id}".`,
        hint: suggestion(id, compiled.indexOf.keys()),
      }),
    ];
  });
}

const NONE: readonly Finding[] = [];

/** Parts of the plan language that this engine reads but does not run yet. */
function checkFeatures(task: CompiledTask): readonly Finding[] {
  if (task.spec.use !== "mesh.emit") return NONE;
  return [
    error("AM_UNSUPPORTED_TASK", jsonPointer(["tasks", task.index, "use"]), {
      message: `This version cannot run "${task.spec.use}".`,
      hint: "Use a tool of a server, a capability, a workflow, an agent, or mesh.generate, mesh.approve or mesh.wait.",
    }),
  ];
}

const NOUNS: Readonly<Record<UseKind, string>> = {
  tool: "tool",
  builtin: "tool",
  capability: "capability",
  workflow: "workflow",
  agent: "agent",
};

function unknownTool(use: string, at: readonly (string | number)[], catalogue: ToolCatalogue): Finding {
  const hidden = catalogue.hidden?.(use);
  if (hidden !== undefined)
    return error("AM_TOOL_HIDDEN", jsonPointer(at), {
      message: `"${use}" is not there for this run: ${hidden}.`,
      hint: "Use a tool that the run may reach, or run it in another domain. See: agentmesh tools",
    });
  const reason = catalogue.unavailable?.get(serverOfUse(use) ?? use);
  if (reason !== undefined) {
    const isServer = kindOfUse(use) !== "capability";
    const hint = "Mend the server under mcpServers; see agentmesh tools and agentmesh doctor.";
    return error("AM_SERVER_UNAVAILABLE", jsonPointer(at), {
      message: `${isServer ? "The server of " : ""}"${use}" is not available: ${reason}`,
      hint,
    });
  }
  const kind = kindOfUse(use);
  const names = catalogue.names.filter((name) => kindOfUse(name) === kind);
  return error("AM_UNKNOWN_TOOL", jsonPointer(at), {
    message: `No ${NOUNS[kind]} is named "${use}".`,
    hint: `${suggestion(use, names)} List them all with: agentmesh tools`,
  });
}

function error(
  code: Finding["code"],
  path: string,
  what: { readonly message: string; readonly hint: string },
): Finding {
  return { code, severity: "error", path, ...what };
}
