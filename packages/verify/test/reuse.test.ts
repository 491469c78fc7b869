/** What a fork takes over is checked against the run that it comes from. */
import type { DatabaseSync } from "node:sqlite";
import { verifyStore } from "@agentmesh/verify";
import { describe, expect, test } from "vitest";
import {
  created,
  found,
  inline,
  type Line,
  NULL,
  planned,
  RUN,
  rowsOf,
  started,
  statusOf,
  succeeded,
  violationsOf,
  writtenStore,
} from "./written-journal.ts";

const SOURCE = "r_source";
const A = { id: "a", use: "t.x" };
const B = { id: "b", use: "t.x", args: { v: { $from: "a.text" } } };
const source = [
  ...planned([A, B]),
  started("a"),
  succeeded("a"),
  started("b"),
  succeeded("b"),
  ["run.succeeded"] as const,
];
/** Of `a`. */
const SUCCESS_SEQ = 8;

const reused = (more: object = {}): Line => [
  "task.reused",
  { task: "a", as: "succeeded", output: NULL, from: { run: SOURCE, seq: SUCCESS_SEQ }, ...more },
];

/** A fork with these events after its plan is proposed, which then runs `b`. */
function fork(
  reuses: readonly Line[],
  rest: readonly Line[] = [started("b"), succeeded("b"), ["run.succeeded"]],
): Line[] {
  const [type, fields] = created();
  const first: Line = [type, { ...fields, fork: { run: SOURCE, seq: source.length, from: ["b"] } }];
  const [, ...lines] = planned([A, B]);
  return [first, ...lines.slice(0, 2), ...reuses, ...lines.slice(2), ...rest];
}

function faults(lines: readonly Line[], from: readonly Line[] | undefined = source): readonly string[] {
  const rows = from === undefined ? undefined : rowsOf(from);
  return violationsOf(rowsOf(lines), statusOf(lines), rows).map(({ code }) => code);
}

describe("a fork that takes something over", () => {
  test("is right when the other run says so, or is not there any more", () => {
    expect(faults(fork([reused()]))).toEqual([]);
    expect(found(fork([reused()]))).toEqual([]);
  });

  test.each<[string, Line, string]>([
    ["another value", reused({ output: inline(1) }), "AM_REUSED_OTHERWISE"],
    ["an event of something else", reused({ from: { run: SOURCE, seq: SUCCESS_SEQ - 1 } }), "AM_REUSED_OTHERWISE"],
    ["an event of another task", reused({ from: { run: SOURCE, seq: SUCCESS_SEQ + 2 } }), "AM_REUSED_OTHERWISE"],
    ["another outcome", reused({ as: "skipped" }), "AM_REUSED_OTHERWISE"],
    ["an event that came later", reused({ from: { run: SOURCE, seq: 99 } }), "AM_REUSED_ORIGIN"],
    ["another run", reused({ from: { run: "r_other", seq: SUCCESS_SEQ } }), "AM_REUSED_ORIGIN"],
  ])("from %s is found", (_, line, code) => {
    expect(faults(fork([line]))).toContain(code);
  });

  test("and runs it all the same is found", () => {
    const twice = fork([reused()], [started("a"), succeeded("a"), ["run.succeeded"]]);
    expect(faults(twice)).toContain("AM_TASK_OVER");
  });

  test("for a task that its plan does not have is found", () => {
    expect(faults(fork([reused(), reused({ task: "c" })]))).toContain("AM_TASK_UNKNOWN");
  });

  test("after its plan was accepted, or without being a fork, is found", () => {
    expect(faults(fork([], [reused(), started("b"), succeeded("b"), ["run.succeeded"]]))).toContain("AM_REUSED_LATE");
    expect(faults([...planned([A]), reused(), ["run.succeeded"]])).toContain("AM_REUSED_UNFORKED");
  });
});

test("in a store the other run is looked up by its name", () => {
  const lines = fork([reused({ output: inline(1) })]);
  const { path, database } = writtenStore(rowsOf(lines), statusOf(lines));
  expect(verifyStore(path, { run: RUN }).violations).toEqual([]);
  addSource(database);
  expect(verifyStore(path, { run: RUN }).violations.map(({ code }) => code)).toEqual(["AM_REUSED_OTHERWISE"]);
});

function addSource(database: DatabaseSync): void {
  database.exec(`INSERT INTO run VALUES(2, '${SOURCE}', 'default', 'test', 'succeeded', 1000, NULL)`);
  const insert = database.prepare("INSERT INTO event VALUES(2, ?, ?, ?, ?, ?)");
  for (const { seq, type, atMs, body, sum } of rowsOf(source)) insert.run(seq, type, atMs, body, sum ?? null);
}
