/**
 * A workflow of 41 tasks in the shape of Epigenomics: a file is split, each part goes through a chain of four, all are merged,
 * and three steps follow. With AGENTMESH_CORPORA it is the real one (WfInstances).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PlanInput } from "@agentmesh/core";

const REAL_NAME = "pegasus/epigenomics/epigenomics-chameleon-hep-1seq-100k-001";
const CHAINS = 9;
const CHAIN_TASKS = 4;
const LAST_TASKS = 3;

export function workflowPlan(): PlanInput {
  const parents = realParents() ?? drawnParents();
  const tasks = parents.map((before, task) => ({
    id: `t${task}`,
    use: task % 3 === 2 ? "t.read" : "t.write",
    args: { v: task },
    after: before.map((each) => `t${each}`),
  }));
  return { mesh: 1, name: "workflow", tasks };
}

/** Of each task: the tasks before it, by number. */
type Parents = readonly (readonly number[])[];

function realParents(): Parents | undefined {
  const folder = process.env["AGENTMESH_CORPORA"];
  if (folder === undefined) return undefined;
  const text = readFileSync(join(folder, "wfinstances/instances.json"), "utf8");
  const { instances } = JSON.parse(text) as {
    readonly instances: readonly { readonly name: string; readonly parents: Parents }[];
  };
  return instances.find(({ name }) => name === REAL_NAME)?.parents;
}

function drawnParents(): Parents {
  const parents: number[][] = [[]];
  const ends: number[] = [];
  for (let chain = 0; chain < CHAINS; chain++) {
    for (let step = 0; step < CHAIN_TASKS; step++) parents.push([step === 0 ? 0 : parents.length - 1]);
    ends.push(parents.length - 1);
  }
  parents.push(ends);
  for (let last = 0; last < LAST_TASKS; last++) parents.push([parents.length - 1]);
  return parents;
}
