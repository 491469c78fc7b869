/** Plans of every shape and with every feature that a plan can have, drawn from a seed. */
import type { Json, JsonObject } from "@agentmesh/core";
import type { Chance } from "./chance.ts";

export interface RandomTask extends JsonObject {
  readonly id: string;
  readonly use: string;
}

/** As it is handed to the engine: JSON. */
export interface RandomPlan extends JsonObject {
  readonly mesh: 1;
  readonly name: string;
  readonly tasks: readonly RandomTask[];
}

type Shape = "diamond" | "wide" | "chain" | "layered" | "random";

export interface RandomPlanOptions {
  /** With calls of a model. */
  readonly isGenerating: boolean;
}

export function randomPlan(chance: Chance, options: RandomPlanOptions): RandomPlan {
  const shape = chance.weighted<Shape>({ diamond: 2, wide: 2, chain: 2, layered: 3, random: 4 });
  const count = chance.percent(2) ? chance.between(12, 40) : chance.between(1, 9);
  const tasks: RandomTask[] = [];
  for (let index = 0; index < count; index++) {
    const dependencies = dependenciesOf(shape, { index, count, chance }).map((at) => `t${at}`);
    tasks.push(randomTask(chance, { id: `t${index}`, dependencies, tasks, ...options }));
  }
  const last = `t${count - 1}`;
  const output: { output?: Json } = chance.percent(50) ? { output: { last: { $from: last } } } : {};
  return { mesh: 1, name: "simulated", tasks: shuffled(tasks, chance), ...output };
}

function dependenciesOf(
  shape: Shape,
  { index, count, chance }: { readonly index: number; readonly count: number; readonly chance: Chance },
): readonly number[] {
  if (index === 0) return [];
  switch (shape) {
    case "diamond":
      return index === count - 1 ? range(1, count - 2) : [0];
    case "wide":
      return index === count - 1 && chance.percent(50) ? range(0, count - 2) : [];
    case "chain":
      return [index - 1];
    case "layered":
      return range(0, index - 1).filter((at) => Math.floor(at / 3) === Math.floor(index / 3) - 1);
    case "random":
      return range(0, index - 1).filter(() => chance.percent(120 / (index + 1)));
  }
}

interface TaskFrame {
  readonly id: string;
  readonly dependencies: readonly string[];
  readonly tasks: readonly RandomTask[];
  readonly isGenerating: boolean;
}

type Kind = "tool" | "generate" | "wait" | "approve";

function randomTask(chance: Chance, frame: TaskFrame): RandomTask {
  const { id, dependencies } = frame;
  const kind = chance.weighted<Kind>({ tool: 80, generate: frame.isGenerating ? 25 : 0, wait: 9, approve: 5 });
  // Data makes edges; so does order alone.
  const byData = dependencies.filter(() => chance.percent(60));
  const after = dependencies.filter((dependency) => !byData.includes(dependency));
  const when = whenOf(chance, byData);
  const base: JsonObject = {
    ...(after.length === 0 ? {} : { after }),
    ...(when === undefined ? {} : { when }),
    ...(dependencies.length > 1 && chance.percent(15) ? { join: "any" } : {}),
  };
  const data = Object.fromEntries(byData.map((dependency) => [dependency, { $from: dependency }]));
  switch (kind) {
    case "wait":
      return { id, use: "mesh.wait", args: waitOf(chance), ...base, ...order(byData, after) };
    case "approve":
      return { id, use: "mesh.approve", args: { message: `${id}?`, data, ...expiryOf(chance) }, ...base };
    case "generate":
      return { id, use: "mesh.generate", args: promptOf(id, byData, chance), ...base, ...retryOf(chance) };
    case "tool":
      return toolTask(chance, { ...frame, base, data });
  }
}

function toolTask(
  chance: Chance,
  { id, dependencies, tasks, base, data }: TaskFrame & { readonly base: JsonObject; readonly data: JsonObject },
): RandomTask {
  const use = chance.weighted({
    "sim.read": 3,
    "sim.list": 2,
    "sim.put": 3,
    "sim.send": 4,
    "sim.remove": 2,
    "capability:look": 1,
    "capability:keep": 2,
  });
  const list = dependencies.find((dependency) => tasks.find((task) => task.id === dependency)?.use === "sim.list");
  const each = chance.percent(18) ? eachOf(chance, list) : undefined;
  return {
    id,
    use,
    args: { of: id, ...data, ...(each === undefined ? {} : { item: { $from: "element" } }) },
    ...base,
    ...(each === undefined ? {} : { each }),
    ...(each === undefined && chance.percent(8) ? { repeat: repeatOf(id, chance) } : {}),
    ...(chance.percent(14) ? { approve: chance.percent(60) ? true : { message: "May it?", ...expiryOf(chance) } } : {}),
    ...onErrorOf(chance),
    ...retryOf(chance),
    ...(chance.percent(30) ? { timeoutMs: chance.between(20, 3_000) } : {}),
  };
}

/** A wait has no arguments that could hold data. */
function order(byData: readonly string[], after: readonly string[]): JsonObject {
  const all = [...byData, ...after];
  return all.length === 0 ? {} : { after: all };
}

function whenOf(chance: Chance, byData: readonly string[]): string | undefined {
  if (byData.length === 0 || !chance.percent(15)) return undefined;
  return `${chance.pick(byData)} is mapping`;
}

function waitOf(chance: Chance): JsonObject {
  const timeout = chance.percent(40) ? { timeoutMs: chance.between(100, 20_000) } : {};
  const kind = chance.weighted({ time: 4, signal: 4, event: 2 });
  if (kind === "time") return { delayMs: chance.between(0, 5_000) };
  const name = chance.pick(["go", "stop"]);
  return kind === "signal" ? { signal: name, ...timeout } : { event: name, ...timeout };
}

function expiryOf(chance: Chance): JsonObject {
  if (!chance.percent(40)) return {};
  const choice = chance.pick([{}, { default: "approve" }, { default: "reject" }]);
  return { expiresMs: chance.between(100, 10_000), ...choice };
}

function promptOf(id: string, byData: readonly string[], chance: Chance): JsonObject {
  const about = byData.map((dependency) => `{{ ${dependency} }}`).join(" ");
  return { prompt: `Write ${id} ${about}`, ...(chance.percent(70) ? { maxTokens: chance.between(70, 400) } : {}) };
}

function eachOf(chance: Chance, list: string | undefined): JsonObject {
  const items = list === undefined ? range(1, chance.between(0, 4)) : { $from: `${list}.items` };
  return { in: items, as: "element", ...(chance.percent(50) ? { concurrency: chance.between(1, 2) } : {}) };
}

function repeatOf(id: string, chance: Chance): JsonObject {
  return { until: `${id}.done`, maxTimes: chance.between(1, 4), delayMs: chance.between(0, 500) };
}

function onErrorOf(chance: Chance): JsonObject {
  if (!chance.percent(30)) return {};
  return {
    onError: chance.pick<Json>(["null", "fail", { use: "sim.read", args: { fallback: true } }, { use: "sim.send" }]),
  };
}

function retryOf(chance: Chance): JsonObject {
  if (!chance.percent(30)) return {};
  return { retry: { max: chance.between(0, 3), ...(chance.percent(50) ? { delayMs: chance.between(0, 1_000) } : {}) } };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

function shuffled(tasks: readonly RandomTask[], chance: Chance): readonly RandomTask[] {
  return tasks
    .map((task) => ({ task, place: chance.unit() }))
    .sort((left, right) => left.place - right.place)
    .map(({ task }) => task);
}
