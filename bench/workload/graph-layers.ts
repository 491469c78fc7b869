/** A graph as layers that wait for each other: for engines that have no other form. */
import type { TaskGraph } from "./task-graph.ts";

/** The tasks of each layer: first those without parents, then those whose parents are all in layers before. */
export function graphLayers({ parents }: TaskGraph): readonly (readonly number[])[] {
  const depths: number[] = [];
  const layers: number[][] = [];
  for (const [task, before] of parents.entries()) {
    const depth = before.reduce((most, parent) => Math.max(most, (depths[parent] ?? 0) + 1), 0);
    depths.push(depth);
    (layers[depth] ??= []).push(task);
  }
  return layers;
}
