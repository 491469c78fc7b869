/** The graphs of work that every program of this folder runs: tasks by number, and the tasks before each. */

export const GRAPH_SHAPES = ["chain", "fan", "dag", "wide", "random"] as const;
export type GraphShape = (typeof GRAPH_SHAPES)[number];

export interface TaskGraph {
  readonly shape: GraphShape;
  readonly tasks: number;
  /** By task: the numbers of those that must have ended before it, all of them smaller than its own. */
  readonly parents: readonly (readonly number[])[];
}

/** Tasks before each, in the shapes that choose them by chance. */
const PARENTS_MAX = 3;
/** The same graph every time, for everybody. */
const SEED = 42;

/** The numbers of the tasks before task `index`; `chance` gives numbers of at least 0, below 1. */
type Parents = (index: number, tasks: number, chance: () => number) => readonly number[];

const PARENTS: Readonly<Record<GraphShape, Parents>> = {
  /** One after another. */
  chain: (index) => (index === 0 ? [] : [index - 1]),
  /** All at once, then one that waits for them all. */
  fan: (index, tasks) => (index < tasks - 1 ? [] : Array.from({ length: index }, (_, parent) => parent)),
  /** As many layers as tasks in one; one to three parents, in the layer before. */
  dag: (index, tasks, chance) => {
    const width = Math.round(Math.sqrt(tasks));
    const layerStart = index - (index % width);
    return layerStart === 0 ? [] : chosen(chance, (one) => layerStart - width + Math.floor(one * width));
  },
  /** All at once. */
  wide: () => [],
  /** One to three parents, any that come before. */
  random: (index, _tasks, chance) => (index === 0 ? [] : chosen(chance, (one) => Math.floor(one * index))),
};

/** `tasks`: at least 1, the joining task of a fan included. */
export function taskGraph(shape: GraphShape, tasks: number): TaskGraph {
  const chance = seededChance(SEED);
  const parents = Array.from({ length: tasks }, (_, index) => PARENTS[shape](index, tasks, chance));
  return { shape, tasks, parents };
}

function chosen(chance: () => number, place: (one: number) => number): readonly number[] {
  const count = 1 + Math.floor(chance() * PARENTS_MAX);
  return [...new Set(Array.from({ length: count }, () => place(chance())))];
}

/** The same numbers every time (mulberry32). */
function seededChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
