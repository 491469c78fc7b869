/** What a ready task turns out to be once its values are known: skipped, a list of elements, a call with arguments, or a mistake. Pure. */
import { EACH_ITEMS_MAX } from "./plan.ts";
import { isJsonObject, type Json, type JsonObject, type JsonSchema } from "./json.ts";
import { validateJson } from "./json-validator.ts";
import { MeshError } from "./mesh-error.ts";
import { APPROVE_TOOL, WAIT_TOOL } from "./mesh-tools.ts";
import { type RootValue, scopeOf } from "./plan-value.ts";
import type { TaskResolution } from "./run-input.ts";
import type { TaskState } from "./run-state.ts";

export type ResolvedTask =
  | { readonly kind: "skip" }
  | { readonly kind: "expand"; readonly count: number }
  | { readonly kind: "start"; readonly args: JsonObject }
  | Extract<TaskResolution, { kind: "wait" }>
  | (Omit<Extract<TaskResolution, { kind: "ask" }>, "args"> & { readonly args: JsonObject });

/** The resolved arguments break the tool's own input schema (promise 5: arguments are validated again at the call). */
export class ArgumentsRefusedError extends MeshError {
  constructor(tool: string, violations: readonly { readonly path: string; readonly message: string }[]) {
    const [first] = violations;
    super({
      code: "AM_ARGUMENT_INVALID",
      message: `"${tool}" refuses the arguments that the run gives it: ${first?.path === "" ? "" : `${first?.path ?? ""}: `}${first?.message ?? ""}`,
      hint: "Nothing was called. Look at what flows into the task with: agentmesh show RUN --json",
      facts: { tool, violations: violations.map(({ path, message }) => ({ path, message })) },
    });
  }
}

export class ListError extends MeshError {
  constructor(task: string, reason: string) {
    super({
      code: "AM_EACH_LIST",
      message: `The list of "${task}" cannot be used: ${reason}.`,
      hint: "Raise each.maxItems, or refer to a list.",
      facts: { task, reason },
    });
  }
}

export interface CalledTool {
  readonly name: string;
  readonly inputSchema: JsonSchema;
  /** Arguments that a person has put in the place of the plan's. */
  readonly editedArgs?: Json | undefined;
}

/** Throws MissingValueError, TemplateError, ArgumentsRefusedError or ListError. */
export function resolveTask(task: TaskState, valueOf: RootValue, tool: CalledTool): ResolvedTask {
  const { when, list } = task.compiled;
  if (task.element === undefined && when !== undefined && !when.isTrue(scopeOf(when.references, valueOf)))
    return { kind: "skip" };
  if (task.element === undefined && list !== undefined) return { kind: "expand", count: itemsOf(task, valueOf).length };
  const args = tool.editedArgs ?? plannedArgs(task, valueOf);
  assertArguments(tool, args);
  if (tool.name === WAIT_TOOL.name) return waitFor(args);
  if (tool.name === APPROVE_TOOL.name) return questionOf(args);
  return { kind: "start", args };
}

/** Throws ArgumentsRefusedError. */
export function assertArguments(tool: CalledTool, args: Json): asserts args is JsonObject {
  const violations = validateJson(tool.inputSchema, args);
  if (violations.length > 0 || !isJsonObject(args)) throw new ArgumentsRefusedError(tool.name, violations);
}

function plannedArgs(task: TaskState, valueOf: RootValue): Json {
  const compiled = task.isOnFallback ? task.compiled.fallback : task.compiled.args;
  return compiled === undefined ? {} : compiled.resolve(elementScope(task, valueOf));
}

/** The arguments have passed the schema of `mesh.wait`. Throws ArgumentsRefusedError for a time that is none. */
function waitFor({ signal, event, delayMs, until, timeoutMs }: JsonObject): ResolvedTask {
  const inMs = typeof timeoutMs === "number" ? { inMs: timeoutMs } : {};
  if (typeof signal === "string") return { kind: "wait", for: "signal", name: signal, ...inMs };
  if (typeof event === "string") return { kind: "wait", for: "event", name: event, ...inMs };
  if (typeof delayMs === "number") return { kind: "wait", for: "time", inMs: delayMs };
  const untilMs = Date.parse(typeof until === "string" ? until : "");
  if (Number.isNaN(untilMs))
    throw new ArgumentsRefusedError(WAIT_TOOL.name, [{ path: "/until", message: "is no date and time" }]);
  return { kind: "wait", for: "time", untilMs };
}

/** The arguments have passed the schema of `mesh.approve`. */
function questionOf(args: JsonObject): ResolvedTask {
  const { message, expiresMs, default: choice } = args;
  return {
    kind: "ask",
    args,
    message: typeof message === "string" ? message : "",
    ...(typeof expiresMs === "number" ? { expiresMs } : {}),
    ...(choice === "approve" || choice === "reject" ? { default: choice } : {}),
  };
}

/** For a task with `repeat`: whether it must run once more, given the value of its newest round. */
export function isToRepeat(task: TaskState, value: Json, valueOf: RootValue): boolean {
  const { until, spec } = task.compiled;
  if (until === undefined) return false;
  const scope = elementScope(task, (root) => (root === spec.id ? value : valueOf(root)));
  return !until.isTrue(scopeOf(until.references, scope));
}

function elementScope(task: TaskState, valueOf: RootValue): RootValue {
  const { element } = task;
  if (element === undefined) return valueOf;
  const name = task.compiled.spec.each?.as;
  return (root) => {
    if (root === "index") return element.index;
    return root === name ? itemsOf(element.group, valueOf)[element.index] : valueOf(root);
  };
}

function itemsOf(task: TaskState, valueOf: RootValue): readonly Json[] {
  const { list, spec } = task.compiled;
  const items: Json = list === undefined ? [] : list.resolve(valueOf);
  const limit = spec.each?.maxItems ?? EACH_ITEMS_MAX;
  if (!isJsonList(items)) throw new ListError(spec.id, "it is no list");
  if (items.length > limit)
    throw new ListError(spec.id, `it has ${items.length} items, more than the ${limit} allowed`);
  return items;
}

function isJsonList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
