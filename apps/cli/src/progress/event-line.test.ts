import type { RunSignal } from "@agentmesh/runtime";
import { expect, test } from "vitest";
import { renderLine } from "../terminal/line.ts";
import { eventLine } from "./event-line.ts";

const NOON = new Date(2026, 10, 22, 12).getTime();

test.each([
  [{ type: "task.waiting", task: "a", for: "signal", name: "go" }, 'task a waits for the signal "go"'],
  [
    { type: "task.waiting", task: "a", for: "event", name: "x", untilMs: NOON + 60_000 },
    'task a waits for the event "x", until 12:01:00',
  ],
  [{ type: "task.waiting", task: "a", for: "time", untilMs: NOON + 1_000 }, "task a waits until 12:00:01"],
  [
    { type: "approval.requested", approval: "pay", subject: "task", tool: "bank.pay", message: "Really?" },
    "task pay waits for an approval: bank.pay: Really?",
  ],
  [
    { type: "approval.requested", approval: "plan", subject: "plan", message: "Plan v1." },
    "the plan waits for an approval: Plan v1.",
  ],
  [{ type: "approval.granted", approval: "pay", by: "person", note: "fine" }, "pay approved: fine"],
  [{ type: "approval.granted", approval: "pay", by: "expiry" }, "pay approved, as nobody answered in time"],
  [{ type: "approval.denied", approval: "pay", by: "person" }, "pay rejected"],
  [{ type: "signal.received", kind: "signal", name: "go" }, 'signal "go" received'],
  [{ type: "run.suspended", reason: "in_doubt", tasks: ["a", "b"] }, "run suspended (in doubt): a, b"],
  [{ type: "run.resumed", run: "r_1" }, "run r_1 goes on"],
  [{ type: "run.resumed", run: "r_1", cause: "recovered" }, "run r_1 recovered: the process that drove it is gone"],
  [
    { type: "task.retried", task: "a", attempt: 1, cause: "recovery", dueAtMs: NOON },
    "task a is called again: attempt 1 was cut off, and repeating it is safe",
  ],
  [{ type: "task.retried", task: "a", attempt: 1, cause: "budget", dueAtMs: NOON }, "task a waits for more budget"],
  [
    {
      type: "budget.exceeded",
      kind: "usd",
      limit: 20_000,
      used: 15_000,
      reserved: 4_000,
      needed: 2_500,
      caller: "planner#1",
    },
    "budget of $0.0200 is used up: $0.0150 used, $0.0040 reserved, $0.0025 more needed by planner#1",
  ],
  [
    { type: "budget.exceeded", kind: "seconds", limit: 60_000, used: 60_002, reserved: 0, needed: 0, error: {} },
    "budget of 60.0 s is used up: 60.0 s used",
  ],
  [{ type: "budget.raised", kind: "tokens", limit: 400_000 }, "budget raised to 400,000 tokens"],
])("%j", (signal, line) => {
  const entry = eventLine({ atMs: NOON, ...signal } as unknown as RunSignal);
  expect(renderLine(entry?.line ?? [], {})).toBe(line);
});
