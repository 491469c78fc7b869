/** VoltAgent's workflow chains. As with Mastra, a graph becomes layers that wait for each other (`andAll`). */
import { andThen, createWorkflowChain } from "@voltagent/core";
import { z } from "zod";
import { graphLayers } from "../workload/graph-layers.ts";
import { RunNotSucceededError } from "../contender/run-not-succeeded-error.ts";

const PACKAGES = ["@voltagent/core"];
const supports = () => true;

/** As it comes: all data of the run is cloned into its memory store after each step. */
export const voltagent = {
  name: "VoltAgent",
  packages: PACKAGES,
  supports,
  prepare: (job) => prepare(job, {}),
};

export const voltagentLight = {
  name: "VoltAgent, no checkpoints",
  packages: PACKAGES,
  supports,
  prepare: (job) => prepare(job, { disableCheckpointing: true }),
};

function prepare({ graph, step }, options) {
  const one = (index) => ({ id: `t${index}`, execute: async () => ({ out: await step(index) }) });
  const empty = createWorkflowChain({ id: "bench", name: "bench", input: z.any(), result: z.any() });
  const workflow = graphLayers(graph)
    .reduce(
      (chain, layer) =>
        layer.length === 1
          ? chain.andThen(one(layer[0]))
          : chain.andAll({ id: `layer-${layer[0]}`, steps: layer.map((index) => andThen(one(index))) }),
      empty,
    )
    .toWorkflow();
  return Promise.resolve({
    async run() {
      const { status, error } = await workflow.run({}, options);
      if (status !== "completed") throw new RunNotSucceededError(status, String(error));
    },
    close: () => Promise.resolve(),
  });
}
