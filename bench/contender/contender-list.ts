/** Who takes part, and where each keeps its state. */
import type { Contender, Keeping } from "./contender.ts";

export interface ListedContender {
  /** As `--contenders` names it; several forms of one product share the part before the dot. */
  readonly id: string;
  /** Beside this file. Loaded in the process that measures, so that nobody carries the weight of others. */
  readonly module: string;
  /** The name of its export. */
  readonly part: string;
  readonly keeps: readonly Keeping[];
  /** F: synced before the next step, survives a power cut. N: survives a crash of the process only. By where it keeps. */
  readonly safety?: Partial<Record<Keeping, "F" | "N">>;
}

const PEERS = "../peers";

export const CONTENDERS: readonly ListedContender[] = [
  { id: "limit", module: "./limit.ts", part: "limit", keeps: ["memory"] },
  { id: "limit.full", module: "./limit.ts", part: "limitFull", keeps: ["sqlite"], safety: { sqlite: "F" } },
  { id: "limit.normal", module: "./limit.ts", part: "limitNormal", keeps: ["sqlite"], safety: { sqlite: "N" } },
  peer("limit.postgres", "postgres-limit.mjs#postgresLimit", { postgres: "F" }),
  {
    id: "agentmesh",
    module: "./agentmesh.ts",
    part: "agentmesh",
    keeps: ["memory", "sqlite", "postgres"],
    safety: { sqlite: "F", postgres: "F" },
  },
  peer("langgraph.graph", "langgraph.mjs#langgraphGraph", { memory: undefined, sqlite: "N", postgres: "F" }),
  peer("langgraph.loop", "langgraph.mjs#langgraphLoop", { memory: undefined, sqlite: "N", postgres: "F" }),
  peer("langgraph.functional", "langgraph.mjs#langgraphFunctional", { memory: undefined, sqlite: "N", postgres: "F" }),
  peer("mastra", "mastra.mjs#mastra", { memory: undefined, sqlite: "N" }),
  peer("mastra.foreach", "mastra.mjs#mastraForeach", { memory: undefined }),
  peer("voltagent", "voltagent.mjs#voltagent", { memory: undefined }),
  peer("voltagent.light", "voltagent.mjs#voltagentLight", { memory: undefined }),
  peer("dbos", "dbos.mjs#dbos", { postgres: "F" }),
  peer("restate", "restate.mjs#restateRun", { server: "F" }),
];

/** `place`: a file of the peers' folder and its export. */
function peer(id: string, place: string, safety: Partial<Record<Keeping, "F" | "N" | undefined>>): ListedContender {
  const [file = "", part = ""] = place.split("#");
  const keeps = Object.keys(safety) as Keeping[];
  const known = Object.fromEntries(Object.entries(safety).filter(([, value]) => value !== undefined));
  return { id, module: `${PEERS}/${file}`, part, keeps, safety: known };
}

/** Throws what its module throws when its packages are not installed, RangeError when the list is wrong. */
export async function loadContender({ module, part }: ListedContender): Promise<Contender> {
  const parts = (await import(module)) as Readonly<Record<string, Contender | undefined>>;
  const contender = parts[part];
  if (contender === undefined) throw new RangeError(`${module} exports no ${part}`);
  return contender;
}
