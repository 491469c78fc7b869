/**
 * A connection to the store's file that tells what is really committed, and where it can be made to fail: the lock is held
 * by somebody else, the disk is full, the process dies before or after the commit.
 */
import type { DatabaseSync, SQLInputValue, StatementResultingChanges, StatementSync } from "node:sqlite";
import { ProcessDeath, type SimulatedProcess } from "./simulated-process.ts";
import { type WrittenRow, writtenRows } from "./written-row.ts";

export interface DatabaseObserver {
  /** An error to fail with instead; the process may be dead afterwards. */
  beforeBegin(process: SimulatedProcess): Error | undefined;
  beforeCommit(process: SimulatedProcess): Error | undefined;
  committed(process: SimulatedProcess, transaction: WrittenTransaction): void;
}

export interface WrittenTransaction {
  readonly rows: readonly WrittenRow[];
  /** A run was claimed. */
  readonly isClaim: boolean;
  /** Items of the inbox. */
  readonly answers: readonly number[];
}

type Run = (...values: SQLInputValue[]) => StatementResultingChanges;

/** Wraps what the store prepares on the connection. The connection ends with its process. */
export function observeDatabase(database: DatabaseSync, process: SimulatedProcess, observer: DatabaseObserver): void {
  let rows: WrittenRow[] = [];
  let answers: number[] = [];
  let isClaim = false;
  process.onDeath(() => {
    if (database.isOpen) database.close();
  });
  const wrappers: readonly (readonly [prefix: string, wrap: (run: Run) => Run])[] = [
    [
      "BEGIN",
      (run) => () => {
        const failure = observer.beforeBegin(process);
        assertAlive(process);
        if (failure !== undefined) throw failure;
        rows = [];
        answers = [];
        isClaim = false;
        return run();
      },
    ],
    [
      "COMMIT",
      (run) => () => {
        const failure = observer.beforeCommit(process);
        assertAlive(process);
        if (failure !== undefined) throw failure;
        const result = run();
        observer.committed(process, { rows, isClaim, answers });
        return result;
      },
    ],
    [
      "INSERT INTO entry(",
      (run) =>
        (...values) => {
          const [, , , seq, atMs, body] = values as [number, number, number, number, number, string];
          rows.push(...writtenRows({ seq, atMs, body }));
          return run(...values);
        },
    ],
    [
      "UPDATE inbox SET answer",
      (run) =>
        (...values) => {
          answers.push(Number(values[1]));
          return run(...values);
        },
    ],
    [
      "UPDATE run SET owner = ?, owned_ms",
      (run) =>
        (...values) => {
          isClaim = true;
          return run(...values);
        },
    ],
  ];
  const prepare = database.prepare.bind(database);
  database.prepare = (sql: string): StatementSync => {
    const statement = prepare(sql);
    const wrap = wrappers.find(([prefix]) => sql.startsWith(prefix))?.[1];
    if (wrap !== undefined) statement.run = wrap(statement.run.bind(statement)) as StatementSync["run"];
    return statement;
  };
}

function assertAlive(process: SimulatedProcess): void {
  if (!process.isAlive) throw new ProcessDeath(process.name);
}

/** What node:sqlite throws for a result code of SQLite. */
export function sqliteError(code: number, message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode: code });
}
