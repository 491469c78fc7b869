/** Every rule is shown a journal that breaks it and nothing else, and journals that are right. */
import { describe, expect, test } from "vitest";
import {
  created,
  doubted,
  failed,
  found,
  inline,
  type Line,
  NULL,
  planned,
  resolved,
  retried,
  rowsOf,
  started,
  succeeded,
  violationsOf,
} from "./written-journal.ts";

const A = { id: "a", use: "t.x" };
const B = { id: "b", use: "t.x", args: { v: { $from: "a.text" } } };
const END: Line = ["run.succeeded"];
const asked = (approval = "a"): Line => [
  "approval.requested",
  { approval, subject: "task", tool: "t.x", args: inline({ n: 1 }) },
];
const granted = (approval = "a"): Line => ["approval.granted", { approval, by: "person" }];
const cancel: Line = ["run.cancel_requested", { reason: "enough" }];
const suspended = (reason: string, ...tasks: readonly string[]): Line => ["run.suspended", { reason, tasks }];
const reserved = (reservation: string, tokens: number): Line => [
  "budget.reserved",
  { reservation, caller: "planner#1", tokens, microUsd: 0 },
];
const called = (reservation: string, inputTokens: number): Line => [
  "model.called",
  {
    caller: "planner#1",
    model: "x",
    request: NULL,
    response: NULL,
    usage: { inputTokens, outputTokens: 0, isExact: true },
    reservation,
  },
];

const HIT = { ageMs: 5, run: "r_other" };
const hit = (task: string, cache: object = HIT, isList = false): Line => {
  const [type, fields] = succeeded(task);
  return [type, { ...fields, cache, attempt: isList ? 0 : 1 }];
};
const answered = (usage: object, more: object = {}): Line => [
  "model.called",
  { caller: "planner#1", model: "x", request: NULL, response: NULL, usage, cache: "hit", ...more },
];
const other = { tool: "u.x", effect: "write" };
const boundTo = (...alternatives: readonly object[]): readonly Line[] => [
  ...planned([A]).slice(0, -1),
  ["plan.accepted", { revision: 1, bindings: { "t.x": { tool: "t.x", effect: "write", alternatives } }, findings: [] }],
];
const routed = (reason: string): Line => ["task.routed", { task: "a", from: "t.x", to: "u.x", reason }];
const leaving: Line = ["task.retried", { task: "a", attempt: 1, cause: "failover", dueAtMs: 5 }];

const FREE = { inputTokens: 0, outputTokens: 0, isExact: true };

describe("nothing is found in", () => {
  test.each<[string, readonly Line[]]>([
    [
      "a call that another tool takes over",
      [
        ...boundTo(other),
        started("a"),
        leaving,
        routed("AM_TOOL_UNAVAILABLE"),
        started("a", 2),
        succeeded("a", 2),
        END,
      ],
    ],
    ["a chain", [...planned([A, B]), started("a"), succeeded("a"), started("b"), succeeded("b"), END]],
    [
      "results of a cache, which are no calls",
      [
        ...planned([A, B], { budget: { calls: 1 } }),
        answered(FREE),
        started("a"),
        hit("a"),
        started("b"),
        succeeded("b"),
        END,
      ],
    ],
    ["another attempt", [...planned([A]), started("a"), retried("a"), started("a", 2), succeeded("a", 2), END]],
    [
      "a doubt that is resolved and tried again",
      [
        ...planned([A]),
        started("a"),
        doubted("a"),
        suspended("in_doubt", "a"),
        ["run.resumed"],
        resolved("a", "retry"),
        started("a", 2),
        succeeded("a", 2),
        END,
      ],
    ],
    [
      "a list with an element that failed",
      [
        ...planned([{ ...A, each: { in: [1, 2, 3], as: "item" }, args: { v: { $from: "item" } } }]),
        ["task.expanded", { task: "a", count: 3 }],
        started("a[0]"),
        failed("a[0]"),
        failed("a", 0),
        ["task.skipped", { task: "a[1]", reason: "group" }],
        ["task.skipped", { task: "a[2]", reason: "group" }],
        ["run.failed", { error: { code: "AM_TASK_FAILED" } }],
      ],
    ],
    [
      "an approval",
      [
        ...planned([A]),
        asked(),
        suspended("approval", "a"),
        ["run.resumed"],
        granted(),
        ["task.started", { task: "a", attempt: 1, args: inline({ n: 1 }) }],
        succeeded("a"),
        END,
      ],
    ],
    [
      "a wait",
      [
        ...planned([A]),
        ["task.waiting", { task: "a", for: "signal", name: "go" }],
        suspended("signal", "a"),
        ["run.resumed"],
        ["signal.received", { kind: "signal", name: "go", data: NULL }],
        succeeded("a"),
        END,
      ],
    ],
    [
      "a cancelled run",
      [
        ...planned([A, { id: "c", use: "t.x" }]),
        started("a"),
        started("c"),
        cancel,
        ["task.cancelled", { task: "a", attempt: 1 }],
        doubted("c"),
        ["run.cancelled"],
      ],
    ],
    [
      "a budget that is kept",
      [created({ budget: { tokens: 10 } }), ["run.started"], reserved("m1", 10), called("m1", 9)],
    ],
    [
      "a process that died",
      [...planned([A]), started("a"), ["run.resumed", { cause: "recovered" }], retried("a"), started("a", 2)],
    ],
  ])("%s", (_, lines) => {
    expect(found(lines)).toEqual([]);
  });
});

describe("it is found that", () => {
  const base = planned([A, B]);
  test.each<[string, readonly Line[], readonly string[]]>([
    ["the first event is another", [["run.started"], ...base.slice(2)], ["AM_FIRST_EVENT@1", "AM_FIRST_EVENT@2"]],
    ["a run has two ends", [...base, END, END], ["AM_SECOND_END@8", "AM_AFTER_END@8"]],
    ["something follows the end", [...base, END, started("a")], ["AM_AFTER_END@8"]],
    ["a task starts after its end", [...base, started("a"), succeeded("a"), started("a", 2)], ["AM_TASK_OVER@9"]],
    ["an attempt is left out", [...base, started("a", 2)], ["AM_ATTEMPT_NUMBER@7"]],
    ["two attempts are open at once", [...base, started("a"), started("a", 2)], ["AM_ATTEMPTS_OVERLAP@8"]],
    ["a task starts before what it needs", [...base, started("a"), started("b")], ["AM_DEPENDENCY_OPEN@8"]],
    ["a task starts after a failure", [...base, started("a"), failed("a"), started("b")], ["AM_DEPENDENCY_FAILED@9"]],
    [
      "a task starts after what was skipped",
      [...base, ["task.skipped", { task: "a", reason: "when" }], started("b")],
      ["AM_DEPENDENCY_SKIPPED@8"],
    ],
    ["a task is in no plan", [...base, started("c")], ["AM_TASK_UNKNOWN@7"]],
    ["an element is in no list", [...base, started("a[0]")], ["AM_ELEMENT_UNKNOWN@7"]],
    ["a task succeeds without a call", [...base, succeeded("a", 0)], ["AM_TASK_ORDER@7"]],
    ["a doubt is passed over", [...base, started("a"), doubted("a"), started("a", 2)], ["AM_DOUBT_UNRESOLVED@9"]],
    ["something starts after a cancellation", [...base, cancel, started("a")], ["AM_AFTER_CANCEL@8"]],
    ["a cancelled run succeeds", [...base, cancel, END], ["AM_WRONG_END@8"]],
    ["nobody has cancelled", [...base, ["run.cancelled"]], ["AM_WRONG_END@7"]],
    ["a run ends with a call under way", [...base, started("a"), END], ["AM_OPEN_AT_END@8"]],
    ["an answer has no question", [...base, granted()], ["AM_APPROVAL_UNASKED@7"]],
    ["an answer comes twice", [...base, asked(), granted(), granted()], ["AM_APPROVAL_UNASKED@9"]],
    [
      "a task goes on with a tool that nobody has checked",
      [...boundTo(), started("a"), leaving, routed("AM_TOOL_UNAVAILABLE")],
      ["AM_ROUTE_UNCHECKED@9"],
    ],
    [
      "another tool follows a write that may have happened",
      [...boundTo(other), started("a"), leaving, routed("AM_TOOL_TIMEOUT")],
      ["AM_ROUTE_IN_DOUBT@9"],
    ],
    [
      "a call is open while its tool changes",
      [...boundTo(other), started("a"), routed("AM_TOOL_GONE")],
      ["AM_TASK_ORDER@8"],
    ],
    ["other arguments were approved", [...base, asked(), granted(), started("a")], ["AM_APPROVED_OTHERWISE@9"]],
    ["a run waits for nothing", [...base, suspended("signal")], ["AM_WAITS_FOR_NOTHING@7"]],
    [
      "a suspended run goes on by itself",
      [...base, asked(), suspended("approval", "a"), granted()],
      ["AM_NOT_RESUMED@9"],
    ],
    [
      "a limit is crossed by what is reserved",
      [created({ budget: { tokens: 10 } }), ["run.started"], reserved("m1", 6), reserved("m2", 5)],
      ["AM_OVER_BUDGET@4"],
    ],
    [
      "an answer of a cache has cost something",
      [...base, answered({ ...FREE, inputTokens: 1 }), answered(FREE, { costMicroUsd: 1 })],
      ["AM_CACHE_HIT@7", "AM_CACHE_HIT@8"],
    ],
    [
      "a result of a cache does not say whose it is",
      [...base, started("a"), hit("a", { ageMs: 5 })],
      ["AM_CACHE_HIT@8"],
    ],
    [
      "a cache gives to a list, which is no call",
      [
        ...planned([{ ...A, each: { in: [], as: "item" } }]),
        ["task.expanded", { task: "a", count: 0 }],
        hit("a", HIT, true),
      ],
      ["AM_CACHE_HIT@8"],
    ],
    [
      "calls that were made are counted as results of a cache",
      [...planned([A, B], { budget: { calls: 1 } }), started("a"), hit("a"), started("b"), succeeded("b"), END].map(
        (line, index) => (index === 7 ? succeeded("a") : line),
      ),
      ["AM_OVER_BUDGET@9"],
    ],
    ["calls are not counted", [...planned([A], { budget: { calls: 0 } }), started("a")], ["AM_OVER_BUDGET@7"]],
    [
      "a reservation is settled twice",
      [created(), ["run.started"], reserved("m1", 1), called("m1", 1), called("m1", 1)],
      ["AM_NOT_RESERVED@5"],
    ],
    [
      "a value is not the one that was hashed",
      [...base, ["task.started", { task: "a", attempt: 1, args: [hash("{}"), 2, { n: 1 }] }]],
      ["AM_VALUE_CHANGED@7"],
    ],
    [
      "a value is not in the store",
      [...base, ["task.started", { task: "a", attempt: 1, args: [hash("{}"), 2] }]],
      ["AM_VALUE_MISSING@7"],
    ],
  ])("%s", (_, lines, codes) => {
    expect(found(lines)).toEqual(codes);
  });

  function hash(text: string): unknown {
    return inline(JSON.parse(text))[0];
  }
});

describe("a damaged journal", () => {
  const lines = [...planned([A, B]), started("a"), succeeded("a"), started("b"), succeeded("b"), END];
  const codes = (rows: ReturnType<typeof rowsOf>, status = "succeeded"): readonly string[] =>
    violationsOf(rows, status).map(({ code, seq }) => `${code}@${seq}`);

  test("names the row that is missing, once", () => {
    expect(codes(rowsOf(lines).filter(({ seq }) => seq !== 8))).toEqual(["AM_SEQUENCE_GAP@9"]);
  });

  test("names the row whose text was changed, once", () => {
    const rows = rowsOf(lines).map((row) => (row.seq === 8 ? { ...row, atMs: 7 } : row));
    expect(codes(rows)).toEqual(["AM_CHECKSUM@8"]);
  });

  test("names the row whose sum was changed, once", () => {
    const rows = rowsOf(lines).map((row) => (row.seq === 8 ? { ...row, sum: 7 } : row));
    expect(codes(rows)).toEqual(["AM_CHECKSUM@8"]);
  });

  test("names the row that is no JSON, and still looks at the rows behind it", () => {
    const rows = rowsOf([...lines, END]).map((row) => (row.seq === 8 ? { ...row, body: "{" } : row));
    expect(codes(rows)).toEqual(["AM_CHECKSUM@8", "AM_EVENT_CORRUPT@8", "AM_SECOND_END@12"]);
  });

  test("says when the run's own row tells another story", () => {
    expect(codes(rowsOf(lines), "running")).toEqual(["AM_RUN_STATUS@0"]);
  });

  test("says when there is nothing but the run's row", () => {
    expect(codes([], "running")).toEqual(["AM_RUN_EMPTY@0"]);
  });
});
