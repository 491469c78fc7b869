/** The choice of a model that a finding is about: the source of an argument, else the tool of a line. */
import type { LineValue, PlanLine } from "./plan-line.ts";
import type { PlanChoice } from "./refused-choices.ts";

const ARGUMENT = /^\/tasks\/(\d+)(?:\/args)?((?:\/.*)?)$/;

/** `path`: JSON Pointer into the plan. Undefined when it is about no line. */
export function refusedChoice(path: string, lines: readonly PlanLine[]): PlanChoice | undefined {
  const [, index = "", rest = ""] = ARGUMENT.exec(path) ?? [];
  const line = Number(index);
  const call = index === "" ? undefined : lines[line];
  if (call === undefined) return undefined;
  const steps = rest
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const wire = wireAt(call.args, steps);
  return { line, tool: call.tool.name, ...(wire === undefined ? {} : { wire }) };
}

function wireAt(args: LineValue, steps: readonly string[]): PlanChoice["wire"] {
  const path: (string | number)[] = [];
  let at: LineValue | undefined = args;
  for (const step of steps) {
    if (at === undefined || at.kind === "literal" || at.kind === "source") break;
    path.push(at.kind === "list" ? Number(step) : step);
    at = at.kind === "list" ? at.items[Number(step)] : at.entries.find(([key]) => key === step)?.[1];
  }
  return at?.kind === "source" ? { path, source: at.name } : undefined;
}
