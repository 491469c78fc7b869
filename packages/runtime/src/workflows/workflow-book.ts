/** The plans that a mesh knows by name: read once, and looked through for circles before anything runs. */
import { kindOfUse, parsePlan, type Plan } from "@agentmesh/core";
import { WorkflowError } from "./workflow-error.ts";

export type WorkflowBook = ReadonlyMap<string, Plan>;

const PREFIX = "workflow:";

/** By name; each a plan, or the document of one. Throws WorkflowError. */
export function workflowBook(documents: Iterable<readonly [string, unknown]>): WorkflowBook {
  const book = new Map([...documents].map(([name, document]) => [name, planOf(name, document)] as const));
  const cycle = cycleOf(book);
  if (cycle !== undefined)
    throw new WorkflowError("AM_WORKFLOW_CYCLE", {
      message: `These workflows start each other without end: ${cycle.join(" -> ")}.`,
      hint: "Take one of the tasks that use a workflow out.",
    });
  return book;
}

function planOf(name: string, document: unknown): Plan {
  const { plan, findings } = parsePlan(document);
  if (plan !== undefined) return plan;
  const [first] = findings;
  throw new WorkflowError("AM_WORKFLOW_INVALID", {
    message: `The workflow "${name}" is no plan: ${first?.path ?? ""} ${first?.message ?? ""}`,
    hint: first?.hint ?? "See every finding with: agentmesh check FILE",
  });
}

/** The names of a circle, the first again at the end. */
function cycleOf(book: WorkflowBook): readonly string[] | undefined {
  const done = new Set<string>();
  for (const name of book.keys()) {
    const cycle = walk(name, [], { book, done });
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function walk(
  name: string,
  above: readonly string[],
  seen: { readonly book: WorkflowBook; readonly done: Set<string> },
): readonly string[] | undefined {
  const at = above.indexOf(name);
  if (at >= 0) return [...above.slice(at), name];
  if (seen.done.has(name)) return undefined;
  for (const next of workflowsOf(seen.book.get(name))) {
    const cycle = walk(next, [...above, name], seen);
    if (cycle !== undefined) return cycle;
  }
  seen.done.add(name);
  return undefined;
}

/** The workflows that a plan starts. */
function workflowsOf(plan: Plan | undefined): readonly string[] {
  const uses = (plan?.tasks ?? []).flatMap(({ use, onError }) =>
    typeof onError === "object" ? [use, onError.use] : [use],
  );
  return uses.filter((use) => kindOfUse(use) === "workflow").map((use) => use.slice(PREFIX.length));
}
