import type { RunSignal } from "@agentmesh/runtime";
import { expect, test } from "vitest";
import { renderLine } from "../terminal/line.ts";
import { liveLines } from "./live-lines.ts";
import { TaskBoard } from "./task-board.ts";

const binding = { server: "web", effect: "read", isOpenWorld: true, fingerprint: "f" } as const;

/** The live block after these signals, ten seconds into the run. */
function block(signals: readonly object[], linesMax = 12): readonly string[] {
  const board = new TaskBoard();
  const proposed = {
    type: "plan.proposed",
    revision: 1,
    plan: {
      tasks: [
        { id: "hits", use: "web.search" },
        { id: "pages", use: "web.fetch" },
        { id: "words", use: "web.count" },
      ],
    },
  };
  const accepted = { type: "plan.accepted", revision: 1, bindings: { "web.search": { tool: "web.find", ...binding } } };
  for (const signal of [proposed, accepted, ...signals]) board.take({ atMs: 1, ...signal } as unknown as RunSignal);
  const lines = liveLines(board, { connecting: [], linesMax, nowMs: 10_000 });
  return lines.map((line) => renderLine(line, {}).replaceAll(/ +/g, " ").trimEnd());
}

const started = (task: string, attempt = 1) => ({ type: "task.started", task, attempt, atMs: 5_000 });

test("the block shows what runs, by its tool, with how far it has come", () => {
  const progress = { type: "task.progress", task: "hits", progress: 2, total: 5, message: "pages" };
  expect(block([started("hits", 2), progress])).toEqual([
    "● running hits web.find 5.0 s attempt 2 2/5 pages",
    "0/3 tasks, 1 running, plan v1, 10.0 s",
  ]);
});

test("elements count for their task and not for the plan", () => {
  const expanded = { type: "task.expanded", task: "pages", count: 3, atMs: 5_000 };
  const ended = { type: "task.succeeded", task: "pages[0]" };
  expect(block([expanded, started("pages[0]"), started("pages[1]"), ended])).toEqual([
    "● running pages web.fetch 5.0 s 1/3",
    "● running pages[1] web.fetch 5.0 s",
    "0/3 tasks, 1 running, plan v1, 10.0 s",
  ]);
});

test("what is over, or waits, is not shown as running", () => {
  const signals = [
    ...["hits", "pages", "words"].map((task) => started(task)),
    { type: "task.succeeded", task: "hits" },
    { type: "task.failed", task: "pages" },
    { type: "task.retried", task: "words" },
  ];
  expect(block(signals)).toEqual(["2/3 tasks, 0 running, 1 failed, plan v1, 10.0 s"]);
});

test("what waits for somebody says for what, until it is answered", () => {
  const asked = { type: "approval.requested", approval: "hits", subject: "task", atMs: 4_000 };
  const waiting = { type: "task.waiting", task: "pages", for: "signal", name: "go", atMs: 6_000 };
  const doubtful = { type: "task.in_doubt", task: "words", atMs: 8_000 };
  expect(block([asked, waiting, doubtful])).toEqual([
    "◔ waiting hits for an approval 6.0 s",
    '◔ waiting pages for the signal "go" 4.0 s',
    "◔ waiting words for somebody who says what became of its call 2.0 s",
    "0/3 tasks, 0 running, 3 waiting, plan v1, 10.0 s",
  ]);
  const answers = [
    { type: "approval.granted", approval: "hits" },
    { type: "task.succeeded", task: "pages" },
    { type: "task.resolved", task: "words" },
  ];
  expect(block([asked, waiting, doubtful, ...answers])).toEqual(["1/3 tasks, 0 running, plan v1, 10.0 s"]);
});

test("what happened before a run was taken up counts, but not its time", () => {
  const board = new TaskBoard();
  const plan = { tasks: [{ id: "hits", use: "web.search" }] };
  const before = [
    { type: "plan.proposed", revision: 1, plan, atMs: 1 },
    { type: "plan.accepted", revision: 1, bindings: { "web.search": { tool: "web.find", ...binding } }, atMs: 1 },
    { type: "approval.requested", approval: "hits", subject: "task", atMs: 1 },
  ];
  for (const signal of before) board.recall(signal as unknown as RunSignal);
  board.take({ type: "run.resumed", atMs: 9_000 } as unknown as RunSignal);
  const lines = liveLines(board, { connecting: [], linesMax: 12, nowMs: 10_000 });
  expect(renderLine(lines.at(-1) ?? [], {})).toBe("0/1 tasks, 0 running, 1 waiting, plan v1, 1.0 s");
});

test("a block never has more lines than there is room for, and says what it leaves out", () => {
  const many = Array.from({ length: 50 }, (_, index) => started(`pages[${index}]`));
  const lines = block(many, 5);
  expect(lines).toHaveLength(5);
  expect(lines[3]).toBe(" and 47 more running");
});

test("a node shows the end of what its model says", () => {
  const node = { type: "node.started", node: "planner", call: "planner#1", atMs: 9_000 };
  const deltas = ['{"mesh"', ': 1, "tasks"'].map((delta) => ({ type: "node.delta", call: "planner#1", delta }));
  expect(block([node, ...deltas])[0]).toBe('● running planner 1.0 s {"mesh": 1, "tasks"');
});
