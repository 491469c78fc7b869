/** What a run waits for, with values in place of references to them, and for a call in doubt which call it was. */
import type { Payload, RunEvent, RunView, WaitView } from "@agentmesh/core";
import type { RunResult } from "@agentmesh/runtime";

export type RunWait = NonNullable<RunResult["waits"]>[number];

export interface WaitSources {
  readonly events: readonly RunEvent[];
  readonly read: (payload: Payload) => RunWait["args"];
}

export function runWaits({ waits, tasks }: Pick<RunView, "waits" | "tasks">, sources: WaitSources): readonly RunWait[] {
  const started = startedCalls(waits, sources.events);
  return waits.map(({ args, tool, form, ...wait }) => {
    const call = args ?? started.get(wait.name);
    const value = call === undefined ? undefined : sources.read(call);
    const name = tool ?? (wait.for === "resolution" ? tasks[wait.name]?.tool : undefined);
    const asked = form === undefined ? undefined : sources.read(form);
    const input = asked === undefined ? {} : { form: asked };
    return {
      ...wait,
      ...input,
      ...(name === undefined ? {} : { tool: name }),
      ...(value === undefined ? {} : { args: value }),
    };
  });
}

/** The arguments of the newest call of each task in doubt. */
function startedCalls(waits: readonly WaitView[], events: readonly RunEvent[]): ReadonlyMap<string, Payload> {
  const inDoubt = new Set(waits.filter((wait) => wait.for === "resolution").map(({ name }) => name));
  const calls = new Map<string, Payload>();
  for (const event of events)
    if (event.type === "task.started" && inDoubt.has(event.task)) calls.set(event.task, event.args);
  return calls;
}
