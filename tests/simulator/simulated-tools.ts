/** The tools of the simulation, one for each kind of effect; and what a call of them gives. */
import type { Json, ToolEffect, ToolSpec } from "@agentmesh/core";
import { MESH_TOOLS } from "@agentmesh/core";
import type { Chance } from "./chance.ts";
import type { Services } from "./engine-door.ts";

const EFFECTS: Readonly<Record<string, ToolEffect>> = {
  read: "read",
  list: "read",
  put: "idempotent",
  send: "write",
  remove: "destructive",
};

const SERVER = "sim";

/** What two tools can do alike. */
const CAPABILITIES: Readonly<Record<string, readonly string[]>> = {
  "capability:look": ["sim.read", "sim.list"],
  "capability:keep": ["sim.put", "sim.send", "sim.remove"],
};

export const SIMULATED_TOOLS: readonly ToolSpec[] = Object.entries(EFFECTS).map(([tool, effect]) => ({
  name: `${SERVER}.${tool}`,
  server: SERVER,
  tool,
  description: tool,
  inputSchema: { type: "object" },
  effect,
  isOpenWorld: false,
  fingerprint: `${tool}/1`,
}));

/** Repeating one of these with the same key does no harm. */
export function isSafe(effect: ToolEffect): boolean {
  return effect === "read" || effect === "idempotent";
}

export const toolDirectory: Services["tools"] = {
  serversOf: () => [],
  capabilities: () =>
    new Map(
      Object.entries(CAPABILITIES).map(([name, tools]) => [name, tools.flatMap((tool) => toolNamed(tool) ?? [])]),
    ),
  hidden: () => undefined,
  within: () => toolDirectory,
  assertSame: () => undefined,
  offered: () => [],
  tools: () => [...SIMULATED_TOOLS, ...MESH_TOOLS],
  find: toolNamed,
  unavailable: () => new Map(),
};

function toolNamed(name: string): ToolSpec | undefined {
  return [...SIMULATED_TOOLS, ...MESH_TOOLS].find((tool) => tool.name === name);
}

/** No two calls give the same. */
export function valueOfCall(number: number, chance: Chance): Json {
  const items = Array.from({ length: chance.between(0, 4) }, (_, index) => number * 10 + index);
  const text = chance.percent(10) ? "long ".repeat(60) : "short";
  return { call: number, flag: chance.percent(70), done: chance.percent(50), items, text };
}
