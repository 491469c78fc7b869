/** What a person would write by hand: counters over promises, and one small row a step. Nobody can be faster. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TaskGraph } from "../workload/task-graph.ts";
import type { Contender, Job, StepOutput } from "./contender.ts";

export const limit: Contender = {
  name: "limit, by hand",
  packages: [],
  supports: () => true,
  prepare: ({ graph, step }) => Promise.resolve({ run: () => runByHand(graph, step), close: () => Promise.resolve() }),
};

/** Survives a power cut: each commit is synced; commits of one turn of the event loop are one. */
export const limitFull: Contender = sqliteLimit("FULL");
/** Survives a crash of the process only. */
export const limitNormal: Contender = sqliteLimit("NORMAL");

/** Starts a task when the last of its parents has ended. Rejects with what a step rejects with. */
function runByHand({ parents, tasks }: TaskGraph, step: (task: number) => Promise<StepOutput>): Promise<void> {
  const children: number[][] = parents.map(() => []);
  for (const [task, before] of parents.entries()) for (const parent of before) children[parent]?.push(task);
  const open = parents.map((before) => before.length);
  let left = tasks;
  return new Promise((resolve, reject) => {
    const start = (task: number): void => {
      step(task).then(() => {
        if (--left === 0) return resolve();
        for (const child of children[task] ?? []) {
          open[child] = (open[child] ?? 0) - 1;
          if (open[child] === 0) start(child);
        }
      }, reject);
    };
    for (const [task, before] of parents.entries()) if (before.length === 0) start(task);
  });
}

function sqliteLimit(synchronous: "FULL" | "NORMAL"): Contender {
  return {
    name: `limit, node:sqlite ${synchronous}`,
    packages: [],
    supports: () => true,
    prepare: (job) => Promise.resolve(prepareSqlite(job, synchronous)),
  };
}

function prepareSqlite({ graph, step, folder }: Job, synchronous: string) {
  const database = new DatabaseSync(join(folder, "limit.db"));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
  database.exec("CREATE TABLE step (run INTEGER, task INTEGER, output TEXT)");
  const insert = database.prepare("INSERT INTO step (run, task, output) VALUES (?, ?, ?)");
  let batch: { readonly row: readonly [number, number, string]; readonly done: () => void }[] = [];
  const flush = (): void => {
    const rows = batch;
    batch = [];
    database.exec("BEGIN");
    for (const { row } of rows) insert.run(...row);
    database.exec("COMMIT");
    for (const { done } of rows) done();
  };
  const keep = (run: number, task: number, output: StepOutput): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (batch.push({ row: [run, task, JSON.stringify(output)], done: resolve }) === 1) setImmediate(flush);
    return promise;
  };
  const kept = (run: number) => async (task: number) => {
    const output = await step(task);
    await keep(run, task, output);
    return output;
  };
  return {
    run: (run: number) => runByHand(graph, kept(run)),
    close: () => {
      database.close();
      return Promise.resolve();
    },
  };
}
