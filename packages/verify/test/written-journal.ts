/** Journals and stores made by hand: rows as the file holds them, with right checksums, so that one thing can be wrong at a time. */
import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { type StoredRow, type Violation, verifyRun } from "@agentmesh/verify";

export const RUN = "r_000000001abcdefgh";

/** Type and body of an event. */
export type Line = readonly [type: string, body?: Readonly<Record<string, unknown>>];

/** A payload of a value that stands in the event. */
export function inline(value: unknown): readonly unknown[] {
  const text = JSON.stringify(value);
  return [hashOf(text), Buffer.byteLength(text), value];
}

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

export const NULL = inline(null);
const ERROR = { code: "AM_TOOL_FAILED", message: "no", hint: "", facts: {} };

export const created = (policy: object = {}): Line => [
  "run.created",
  { tenant: "default", name: "test", inputs: inline({}), policy },
];

/** The events up to an accepted plan of these tasks. */
export function planned(tasks: readonly object[], policy?: object): readonly Line[] {
  const plan = { mesh: 1, name: "test", tasks: tasks.map((task) => ({ args: {}, ...task })) };
  return [
    created(policy),
    ["run.started"],
    ["plan.proposed", { revision: 1, by: "caller", plan }],
    ["node.started", { node: "router", call: "router#1" }],
    ["node.succeeded", { node: "router", call: "router#1", input: NULL, output: NULL, durationMs: 0 }],
    ["plan.accepted", { revision: 1, bindings: {}, findings: [] }],
  ];
}

export const started = (task: string, attempt = 1): Line => ["task.started", { task, attempt, args: inline({}) }];
export const succeeded = (task: string, attempt = 1): Line => ["task.succeeded", { task, attempt, output: NULL }];
export const failed = (task: string, attempt = 1): Line => ["task.failed", { task, attempt, error: ERROR }];
export const doubted = (task: string, attempt = 1): Line => ["task.in_doubt", { task, attempt, error: ERROR }];
export const resolved = (task: string, as: string): Line => ["task.resolved", { task, as, by: "person" }];
export const retried = (task: string, attempt = 1): Line => [
  "task.retried",
  { task, attempt, cause: "error", dueAtMs: 5 },
];

export function rowsOf(lines: readonly Line[]): StoredRow[] {
  let sum = crc32(RUN);
  return lines.map(([type, fields = {}], index) => {
    const [seq, atMs, body] = [index + 1, 1_000 + index, JSON.stringify(fields)];
    sum = crc32(`${seq}\n${type}\n${atMs}\n${body}`, sum);
    return { seq, type, atMs, body, sum };
  });
}

export function statusOf(lines: readonly Line[]): string {
  const last = lines.findLast(([type]) => /^run\.(suspended|resumed|succeeded|failed|cancelled)$/.test(type))?.[0];
  return last === undefined || last === "run.resumed" ? "running" : last.slice("run.".length);
}

export function violationsOf(
  rows: readonly StoredRow[],
  status: string,
  source?: readonly StoredRow[],
): readonly Violation[] {
  const run = { number: 1, id: RUN, tenant: "default", name: "test", status, createdMs: 1_000 };
  const readSource = (_run: string, seq: number) => (source === undefined ? ("gone" as const) : source[seq - 1]);
  return verifyRun({ run, rows, readBlob: () => undefined, readSource }).violations;
}

/** What is found in a journal of these events, as `CODE@SEQ`. */
export function found(lines: readonly Line[]): readonly string[] {
  return violationsOf(rowsOf(lines), statusOf(lines)).map(({ code, seq }) => `${code}@${seq}`);
}

/** A store file of version 2 with one run. */
export function writtenStore(rows: readonly StoredRow[], status: string): { path: string; database: DatabaseSync } {
  const path = join(mkdtempSync(join(tmpdir(), "agentmesh-verify-")), "store.db");
  const database = new DatabaseSync(path);
  database.exec(`
    PRAGMA journal_mode=WAL; PRAGMA application_id=1097289075; PRAGMA user_version=2;
    CREATE TABLE run(number INTEGER PRIMARY KEY, id TEXT, tenant TEXT, name TEXT, status TEXT, created_ms INTEGER, owner TEXT);
    CREATE TABLE event(run INTEGER, seq INTEGER, type TEXT, at_ms INTEGER, body TEXT, sum INTEGER, UNIQUE(run, seq));
    CREATE TABLE blob(hash TEXT UNIQUE, body TEXT);
    CREATE TABLE owner(id TEXT PRIMARY KEY, lease_until_ms INTEGER);
    INSERT INTO run VALUES(1, '${RUN}', 'default', 'test', '${status}', 1000, NULL);`);
  const insert = database.prepare("INSERT INTO event VALUES(1, ?, ?, ?, ?, ?)");
  for (const { seq, type, atMs, body, sum } of rows) insert.run(seq, type, atMs, body, sum ?? null);
  return { path, database };
}
