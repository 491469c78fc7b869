/** What a patch has done to a plan, in one line: `plan v2: + b2 (test.echo)  ~ c (changed)  - d  x b (superseded)  because ...`. */
import type { Finding, RunEvent, RunEventOf } from "@agentmesh/core";

/** More tasks than that are counted. */
const NAMED_MAX = 20;

type Patch = RunEventOf<"plan.patched">;

/** `toolOf`: the tool behind an added task, where it is known. */
export function planDiffText(
  {
    revision,
    added,
    changed = [],
    removed,
    superseded,
    reason,
  }: Pick<Patch, "revision" | "added" | "changed" | "removed" | "superseded" | "reason">,
  toolOf: (task: string) => string | undefined = () => undefined,
): string {
  const parts = [
    ...entries(added, (id) => `+ ${id}${inBrackets(toolOf(id))}`),
    ...entries(changed, (id) => `~ ${id} (changed)`),
    ...entries(removed, (id) => `- ${id}`),
    ...entries(superseded, (id) => `x ${id} (superseded)`),
  ];
  return [`plan v${revision}:`, [...parts, ...because(reason)].join("  ") || "nothing has changed"].join(" ");
}

/** One line for each patch of a run. */
export function planDiffs(events: readonly RunEvent[]): readonly string[] {
  let uses = new Map<string, string>();
  return events.flatMap((event) => {
    if (event.type === "plan.proposed") uses = new Map(event.plan.tasks.map(({ id, use }) => [id, use]));
    if (event.type !== "plan.patched") return [];
    const { bindings } = event;
    const proposed = uses;
    return [
      planDiffText(event, (id) => {
        const use = proposed.get(id);
        return use === undefined ? undefined : (bindings[use]?.tool ?? use);
      }),
    ];
  });
}

function entries(ids: readonly string[], describe: (id: string) => string): readonly string[] {
  const named = ids.slice(0, NAMED_MAX).map(describe);
  return ids.length > NAMED_MAX ? [...named, `(and ${ids.length - NAMED_MAX} more)`] : named;
}

function inBrackets(tool: string | undefined): string {
  return tool === undefined ? "" : ` (${tool})`;
}

function because([first, ...more]: readonly Finding[]): readonly string[] {
  if (first === undefined) return [];
  const place = first.path === "" ? "" : ` at ${first.path}`;
  return [`because ${first.code}${place}${more.length === 0 ? "" : ` (and ${more.length} more)`}`];
}
