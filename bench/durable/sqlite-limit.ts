/** The limit of node:sqlite: one small row a step, WAL, synchronous=FULL. */
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { stepWork } from "./step-work.ts";
import type { Subject, Workload } from "./subject.ts";

/** `isGrouped`: what was written in one turn of the event loop is one commit; else each step has its own. */
export function sqliteLimit(path: string, workload: Workload, isGrouped: boolean): Subject {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  database.exec("CREATE TABLE step(seq INTEGER PRIMARY KEY, run INTEGER, idx INTEGER, out TEXT)");
  const insert = database.prepare("INSERT INTO step(run, idx, out) VALUES(?, ?, ?)");
  const work = stepWork(workload);
  let commits = 0;
  let waiting: { readonly row: [number, number, string]; readonly done: () => void }[] = [];
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    commits++;
    database.exec("BEGIN");
    for (const { row } of batch) insert.run(...row);
    database.exec("COMMIT");
    for (const { done } of batch) done();
  };
  const putAlone = (...row: [number, number, string]): Promise<void> => {
    commits++;
    insert.run(...row);
    return Promise.resolve();
  };
  const putTogether = (...row: [number, number, string]): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (waiting.push({ row, done: resolve }) === 1) setImmediate(flush);
    return promise;
  };
  const put = isGrouped ? putTogether : putAlone;
  const chain = async (run: number): Promise<void> => {
    for (let index = 0; index < workload.steps; index++) await put(run, index, JSON.stringify(await work(index)));
  };
  return {
    round: async () => {
      await Promise.all(Array.from({ length: workload.runs }, (_, run) => chain(run)));
      return workload.runs * workload.steps;
    },
    commits: () => commits,
    bytes: () => {
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      return statSync(path).size;
    },
    [Symbol.asyncDispose]: () => {
      database.close();
      return Promise.resolve();
    },
  };
}
