/** Large plans of one tool in four shapes. Every task reads a value of the first of those before it. */
import type { PlanInput } from "@agentmesh/core";

export const PLAN_SHAPES = ["wide", "chain", "layered", "random"] as const;
export type PlanShape = (typeof PLAN_SHAPES)[number];

/** Tasks before each, in the shapes that choose them by chance. */
const PARENTS_MAX = 3;

/** The numbers of the tasks before task `index`; `chance` gives numbers of at least 0, below 1. */
type Parents = (index: number, tasks: number, chance: () => number) => readonly number[];

const PARENTS: Readonly<Record<PlanShape, Parents>> = {
  wide: () => [],
  chain: (index) => (index === 0 ? [] : [index - 1]),
  /** As many layers as tasks in one. */
  layered: (index, tasks, chance) => {
    const width = Math.round(Math.sqrt(tasks));
    const layerStart = index - (index % width);
    return layerStart === 0 ? [] : chosen(chance, (one) => layerStart - width + Math.floor(one * width));
  },
  random: (index, _tasks, chance) => (index === 0 ? [] : chosen(chance, (one) => Math.floor(one * index))),
};

export function planOf(shape: PlanShape, tasks: number): PlanInput {
  const chance = seededChance(tasks);
  return {
    mesh: 1,
    name: `${shape} of ${tasks}`,
    tasks: Array.from({ length: tasks }, (_, index) => taskOf(index, PARENTS[shape](index, tasks, chance))),
  };
}

function taskOf(index: number, [first, ...others]: readonly number[]): PlanInput["tasks"][number] {
  const args = { index, before: first === undefined ? 0 : { $from: `t${first}.index` } };
  return { id: `t${index}`, use: "local.step", args, after: others.map((other) => `t${other}`) };
}

function chosen(chance: () => number, place: (one: number) => number): readonly number[] {
  const count = 1 + Math.floor(chance() * PARENTS_MAX);
  return [...new Set(Array.from({ length: count }, () => place(chance())))];
}

/** The same numbers every time (a linear congruential generator). */
function seededChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
