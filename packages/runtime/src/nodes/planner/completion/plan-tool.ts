/** A tool under the short name by which the model calls it. Names come from strangers: only letters, digits and `_` stay. */
import type { ToolSpec } from "@agentmesh/core";

export interface PlanTool {
  /** Unique among the tools of one planning. */
  readonly name: string;
  readonly spec: ToolSpec;
}

const NAME_CHARACTERS_MAX = 48;
/** A tool that says of itself that it should not be used any more. */
const DEPRECATED = /^\W*deprecated\b|\bdeprecated\s*[:.!-]|\bis deprecated\b/i;
/** Built-ins ask for text that the model would have to write. */
const BUILT_IN_SERVER = "mesh";

/** Without built-in and deprecated tools. The server's name is left out where a name is unique without it. */
export function planTools(specs: readonly ToolSpec[]): readonly PlanTool[] {
  const live = specs.filter(
    ({ server, description }) => server !== BUILT_IN_SERVER && !DEPRECATED.test(description.slice(0, 400)),
  );
  const counts = Map.groupBy(live, ({ tool }) => plainName(tool));
  const taken = new Set<string>();
  return live.map((spec) => {
    const short = plainName(spec.tool);
    const wanted = (counts.get(short)?.length ?? 0) > 1 ? plainName(spec.name) : short;
    const name = unusedName(wanted, taken);
    taken.add(name);
    return { name, spec };
  });
}

/** The words of a tool's name, lower case. */
export function nameWords(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

function plainName(name: string): string {
  const plain = name
    .replaceAll(/[^A-Za-z0-9_]+/g, "_")
    .replace(/^_+/, "")
    .slice(0, NAME_CHARACTERS_MAX)
    .replace(/_+$/, "");
  return /^[A-Za-z]/.test(plain) ? plain : `tool_${plain}`;
}

function unusedName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count += 1) name = `${wanted}_${count}`;
  return name;
}
