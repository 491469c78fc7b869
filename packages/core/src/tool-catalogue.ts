/** What a check needs to know of the tools: the specs behind the names that a plan uses, and the other names for suggestions. */
import type { RouterOutcome } from "./node-outcome.ts";
import type { ToolSpec } from "./tool-spec.ts";

export interface ToolCatalogue {
  /** The tool that a task's `use` is bound to. */
  toolFor(use: string): ToolSpec | undefined;
  readonly names: readonly string[];
  /** Why the tools of a server are not there, by server. */
  readonly unavailable?: ReadonlyMap<string, string>;
  /** Which scope of the run hides the tool of that name, and why; undefined when none does. */
  readonly hidden?: ((use: string) => string | undefined) | undefined;
}

/** What a plan is bound to. */
export function catalogueOfRouting({ tools, known, unavailable, hidden }: RouterOutcome): ToolCatalogue {
  return {
    toolFor: (use) => tools.get(use),
    names: known,
    ...(unavailable === undefined ? {} : { unavailable }),
    hidden,
  };
}

export function catalogueOf(tools: Iterable<ToolSpec>): ToolCatalogue {
  const byName = new Map([...tools].map((tool) => [tool.name, tool]));
  return { toolFor: (use) => byName.get(use), names: [...byName.keys()] };
}
