/**
 * LangGraph.js in its three forms. Tracing is off (no key is set); durability is "sync" where state is kept, so that a step
 * is stored before the next one starts, as everybody's is.
 */
import { join } from "node:path";
import { Annotation, END, entrypoint, Send, START, StateGraph, task } from "@langchain/langgraph";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import pg from "pg";

const PACKAGES = [
  "@langchain/langgraph",
  "@langchain/langgraph-checkpoint-sqlite",
  "@langchain/langgraph-checkpoint-postgres",
];

export const langgraphGraph = {
  name: "LangGraph, a node a step",
  packages: PACKAGES,
  supports: () => true,
  prepare: (job) => prepare(job, (checkpointer) => stateGraph(job, checkpointer)),
};

/** One node: a loop instead of a chain, `Send` (map-reduce) instead of a fan. A layered graph has no such form. */
export const langgraphLoop = {
  name: "LangGraph, loop / Send",
  packages: PACKAGES,
  supports: (shape) => shape !== "dag",
  prepare: (job) => prepare(job, (checkpointer) => (job.graph.shape === "chain" ? loop : send)(job, checkpointer)),
};

/** `entrypoint` and `task`: the program is the scheduler. Tasks are saved while the entrypoint goes on. */
export const langgraphFunctional = {
  name: "LangGraph, functional",
  packages: PACKAGES,
  supports: () => true,
  prepare: (job) => prepare(job, (checkpointer) => functional(job, checkpointer)),
};

async function prepare(job, build) {
  const { saver, close } = await saverOf(job);
  const { app, input } = build(saver);
  return {
    async run(run) {
      const configurable = { thread_id: `run-${run}` };
      const durability = saver === undefined ? {} : { durability: "sync" };
      await app.invoke(input, { recursionLimit: job.graph.tasks + 10, configurable, ...durability });
    },
    close,
  };
}

async function saverOf({ keeping, folder, postgresUrl }) {
  if (keeping === "memory") return { saver: undefined, close: () => Promise.resolve() };
  if (keeping === "sqlite") {
    const saver = SqliteSaver.fromConnString(join(folder, "langgraph.db"));
    return { saver, close: () => Promise.resolve(saver.db.close()) };
  }
  const pool = new pg.Pool({ connectionString: postgresUrl, max: 10 });
  const saver = new PostgresSaver(pool);
  await saver.setup();
  return { saver, close: () => pool.end() };
}

/** Counts the steps, and keeps the output of the last ones: what a reader of the state would want to see. */
const State = Annotation.Root({
  count: Annotation({ reducer: (left, right) => left + right, default: () => 0 }),
  last: Annotation({ reducer: (_left, right) => right, default: () => 0 }),
});
const input = { count: 0, last: 0 };

function stateGraph({ graph, step }, checkpointer) {
  const { parents } = graph;
  const builder = new StateGraph(State);
  for (const index of parents.keys()) builder.addNode(`t${index}`, async () => ({ count: 1, last: await step(index) }));
  const hasChild = new Set(parents.flat());
  for (const [index, before] of parents.entries()) {
    const names = before.map((parent) => `t${parent}`);
    builder.addEdge(names.length === 0 ? START : names.length === 1 ? names[0] : names, `t${index}`);
    if (!hasChild.has(index)) builder.addEdge(`t${index}`, END);
  }
  return { app: builder.compile({ checkpointer }), input };
}

function loop({ graph, step }, checkpointer) {
  const builder = new StateGraph(State)
    .addNode("step", async ({ count }) => ({ count: 1, last: await step(count) }))
    .addEdge(START, "step")
    .addConditionalEdges("step", ({ count }) => (count < graph.tasks ? "step" : END), ["step", END]);
  return { app: builder.compile({ checkpointer }), input };
}

function send({ graph, step }, checkpointer) {
  const last = graph.tasks - 1;
  const builder = new StateGraph(State)
    .addNode("step", async ({ index }) => ({ count: 1, last: await step(index) }))
    .addNode("join", async () => ({ count: 1, last: await step(last) }))
    .addConditionalEdges(START, () => Array.from({ length: last }, (_, index) => new Send("step", { index })), ["step"])
    .addEdge("step", "join")
    .addEdge("join", END);
  return { app: builder.compile({ checkpointer }), input };
}

function functional({ graph, step }, checkpointer) {
  const run = task("step", step);
  const options = checkpointer === undefined ? "bench" : { name: "bench", checkpointer };
  const app = entrypoint(options, async () => {
    const done = [];
    for (const [index, before] of graph.parents.entries())
      done.push(Promise.all(before.map((parent) => done[parent])).then(() => run(index)));
    await Promise.all(done);
    return graph.tasks;
  });
  return { app, input: {} };
}
