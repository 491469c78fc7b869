/** Mastra's workflows. It has no graph: layers that wait for each other (`.parallel`) are its nearest form of a DAG. */
import { join } from "node:path";
import { Mastra } from "@mastra/core";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { LibSQLStore } from "@mastra/libsql";
import { z } from "zod";
import { graphLayers } from "../workload/graph-layers.ts";
import { RunNotSucceededError } from "../contender/run-not-succeeded-error.ts";

/** What costs time and is not needed in memory: off. */
const LIGHT = { validateInputs: false, emitStepEvents: false, shouldPersistSnapshot: () => false };
const ANY = z.any();
const PACKAGES = ["@mastra/core", "@mastra/libsql"];

export const mastra = {
  name: "Mastra",
  packages: PACKAGES,
  supports: () => true,
  prepare: (job) => prepare(job, layers(job)),
};

/** One step over a list, which is how its documentation does a dynamic fan-out. */
export const mastraForeach = {
  name: "Mastra, foreach",
  packages: PACKAGES,
  supports: (shape) => shape === "fan",
  prepare: (job) => prepare(job, foreach(job)),
};

async function prepare({ keeping, folder, graph }, workflow) {
  workflow.commit();
  const inputData = Array.from({ length: graph.tasks - 1 }, (_, index) => index);
  if (keeping === "memory") return { run: () => start(workflow, inputData), close: () => Promise.resolve() };
  const storage = new LibSQLStore({ id: "bench", url: `file:${join(folder, "mastra.db")}` });
  const stored = new Mastra({ workflows: { bench: workflow }, storage, logger: false }).getWorkflow("bench");
  await storage.init();
  return { run: () => start(stored, inputData), close: () => Promise.resolve() };
}

async function start(workflow, inputData) {
  const run = await workflow.createRun();
  const { status, error } = await run.start({ inputData });
  if (status !== "success") throw new RunNotSucceededError(status, String(error));
}

function layers({ graph, keeping, step }) {
  const one = (index) =>
    createStep({
      id: `t${index}`,
      inputSchema: ANY,
      outputSchema: ANY,
      execute: async () => ({ out: await step(index) }),
    });
  const options = keeping === "memory" ? { options: LIGHT } : {};
  const empty = createWorkflow({ id: "bench", inputSchema: ANY, outputSchema: ANY, ...options });
  return graphLayers(graph).reduce(
    (workflow, layer) => (layer.length === 1 ? workflow.then(one(layer[0])) : workflow.parallel(layer.map(one))),
    empty,
  );
}

function foreach({ graph, step }) {
  const last = graph.tasks - 1;
  const each = createStep({
    id: "each",
    inputSchema: ANY,
    outputSchema: ANY,
    execute: ({ inputData }) => step(inputData),
  });
  const joined = createStep({ id: "join", inputSchema: ANY, outputSchema: ANY, execute: () => step(last) });
  return createWorkflow({ id: "bench", inputSchema: ANY, outputSchema: ANY, options: LIGHT })
    .foreach(each, { concurrency: last })
    .then(joined);
}
