/** The promises of the design that hold so far, each in a form that fails when it is broken. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { isTerminal, type RunEvent } from "@agentmesh/core";
import { StoreError, type StoredBlob } from "@agentmesh/ports";
import { z } from "zod";
import { SqliteStore } from "@agentmesh/store/sqlite";
import { temporaryFolder, testMesh } from "./test-mesh.ts";

const task = (id: string, more: object = {}) => ({ id, use: "t.ok", ...more });

/** What another process would read: a connection of its own. */
function storedTypes(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare("SELECT type, task FROM journal ORDER BY seq").all();
  database.close();
  return rows.map((row) => `${String(row["type"])} ${String(row["task"] ?? "")}`.trim());
}

describe("promise 1: write before show", () => {
  test("a tool is called, and an event shown, only when another process could read it from the file", async () => {
    const path = join(temporaryFolder(), "store.db");
    const atCall: Record<string, string[]> = {};
    const look = (name: string) => ({ run: () => Object.assign(atCall, { [name]: storedTypes(path) }) && name });
    const shownEarly: string[] = [];
    await using mesh = testMesh({
      store: new SqliteStore(path),
      tools: { first: look("first"), second: look("second") },
      observe: (signal) => {
        if ("seq" in signal && storedTypes(path).length < signal.seq) shownEarly.push(signal.type);
      },
    });
    const plan = {
      mesh: 1 as const,
      tasks: [task("a", { use: "t.first" }), task("b", { use: "t.second", args: { v: { $from: "a" } } })],
    };
    const run = mesh.run(plan);
    expect((await run.result).status).toBe("succeeded");
    expect(shownEarly).toEqual([]);
    expect(atCall["first"]).toContain("task.started a");
    expect(atCall["first"]).not.toContain("task.succeeded a");
    expect(atCall["second"]).toEqual(expect.arrayContaining(["task.succeeded a", "task.started b"]));
  });

  test("a store that refuses writes stops the run: no call without a stored intent, and a typed error", async () => {
    const store = new SqliteStore(":memory:");
    const calls: unknown[] = [];
    const append = store.append.bind(store);
    let left = 4;
    store.append = (events: readonly RunEvent[], blobs: readonly StoredBlob[]) => {
      const full = new StoreError({
        code: "AM_STORE_FULL",
        message: "The disk is full.",
        hint: "Make room.",
        facts: {},
      });
      return left-- > 0 ? append(events, blobs) : Promise.reject(full);
    };
    await using mesh = testMesh({ store, tools: { ok: { run: (args) => calls.push(args["id"]) } } });
    const tasks = Array.from({ length: 6 }, (_, index) =>
      task(`k${index}`, { args: { id: index }, ...(index === 0 ? {} : { after: [`k${index - 1}`] }) }),
    );
    const run = mesh.run({ mesh: 1, tasks });
    await expect(run.result).rejects.toMatchObject({ code: "AM_STORE_FULL" });
    const stored = await store.read(run.id, 0);
    expect(calls).toHaveLength(stored.filter((event) => event.type === "task.started").length);
  });
});

describe("promise 2: a completed task never runs again", () => {
  test("not when others fail, are retried and the plan is patched twice", async () => {
    const calls: unknown[] = [];
    let broken = 2;
    let asked = 0;
    await using mesh = testMesh({
      tools: {
        ok: { run: (args) => calls.push(args["n"]) },
        flaky: { run: () => (broken-- > 0 ? Promise.reject(new Error("on fire")) : "fine") },
      },
      planner: () => {
        asked++;
        const once = Array.from({ length: 5 }, (_, n) => ({ id: `n${n}`, use: "t.ok", args: { n } }));
        const last = { id: `try${asked}`, use: "t.flaky", args: { v: { $from: "n4" } } };
        return { kind: "plan", plan: { mesh: 1, tasks: asked === 1 ? [...once, last] : [last] } };
      },
    });
    const result = await mesh.run("do it").result;
    expect([result.status, asked]).toEqual(["succeeded", 3]);
    expect(calls.toSorted((left, right) => Number(left) - Number(right))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("promise 4: one terminal event, and cancel", () => {
  test("every way a run can end stores exactly one terminal event, as its last", async () => {
    await using mesh = testMesh({
      tools: {
        ok: { run: () => 1 },
        bad: { run: () => Promise.reject(new Error("no")) },
        slow: { run: (_, { signal }) => sleep(60_000, 1, { signal }) },
      },
    });
    const ends = [
      mesh.run({ mesh: 1, tasks: [task("a")] }),
      mesh.run({ mesh: 1, tasks: [task("a", { use: "t.bad" })] }),
      mesh.run({ mesh: 1, tasks: [task("a", { use: "t.unknown" })] }),
      mesh.run("nobody can plan this"),
      mesh.plan({ mesh: 1, tasks: [task("a")] }),
      mesh.run({ mesh: 1, tasks: [] }),
    ];
    const cancelled = mesh.run({ mesh: 1, tasks: [task("a", { use: "t.slow" }), task("b", { after: ["a"] })] });
    for await (const signal of cancelled) if (signal.type === "task.started") cancelled.cancel("enough");
    for (const run of [...ends, cancelled]) {
      await run.result;
      const events = await mesh.events(run.id);
      expect(events.filter(isTerminal)).toEqual([events.at(-1)]);
    }
    expect((await cancelled.result).status).toBe("cancelled");
    const types = (await mesh.events(cancelled.id)).map((event) => event.type);
    expect(types.slice(types.indexOf("run.cancel_requested"))).not.toContain("task.started");
  });

  test("a cancel reaches the tool, and a deaf tool does not hold it beyond the grace period", async () => {
    let told = false;
    const effects: string[] = [];
    await using mesh = testMesh({
      cancelGraceMs: 50,
      tools: {
        hears: {
          effect: "read",
          run: (_, { signal }) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => {
                told = true;
                reject(new Error("stopped"));
              });
            }),
        },
        deaf: { run: () => sleep(300).then(() => effects.push("late")) },
      },
    });
    const run = mesh.run({ mesh: 1, tasks: [task("h", { use: "t.hears" }), task("d", { use: "t.deaf" })] });
    let started = 0;
    for await (const signal of run) if (signal.type === "task.started" && ++started === 2) run.cancel();
    expect((await run.result).status).toBe("cancelled");
    expect(told).toBe(true);
    expect(effects).toEqual([]);
    const before = await mesh.show(run.id);
    expect(before.tasks["d"]?.status).toBe("in_doubt");
    await sleep(400);
    expect(await mesh.show(run.id)).toEqual(before);
  });
});

describe("promise 5: nothing runs that was not checked", () => {
  const typed = { run: () => ({ n: 1 }), output: z.strictObject({ n: z.number() }) };
  const wants = { run: () => 1, input: z.strictObject({ text: z.string() }) };
  const cases: readonly (readonly [string, object[], string])[] = [
    ["an unknown tool", [task("ok"), task("x", { use: "t.nope" })], "AM_UNKNOWN_TOOL /tasks/1/use"],
    [
      "a wrong argument",
      [task("ok"), task("x", { use: "t.wants", args: { text: 1 } })],
      "AM_ARGUMENT_INVALID /tasks/1/args/text",
    ],
    ["a missing argument", [task("ok"), task("x", { use: "t.wants" })], "AM_ARGUMENT_INVALID /tasks/1/args"],
    [
      "a dangling reference",
      [task("ok"), task("x", { use: "t.wants", args: { text: { $from: "nobody.text" } } })],
      "AM_UNKNOWN_REFERENCE /tasks/1/args/text",
    ],
    ["a cycle", [task("ok"), task("x", { after: ["y"] }), task("y", { after: ["x"] })], "AM_CYCLE /tasks/1"],
    [
      "a type mismatch",
      [task("ok"), task("n", { use: "t.typed" }), task("x", { use: "t.wants", args: { text: { $from: "n.n" } } })],
      "AM_TYPE_MISMATCH /tasks/2/args/text",
    ],
    [
      "a field that cannot be there",
      [task("ok"), task("n", { use: "t.typed" }), task("x", { use: "t.wants", args: { text: { $from: "n.m" } } })],
      "AM_MISSING_PROPERTY /tasks/2/args/text",
    ],
    ["a duplicate id", [task("ok"), task("ok")], "AM_DUPLICATE_ID /tasks/1/id"],
    ["a broken template", [task("ok"), task("x", { args: { v: "{{ ok | }}" } })], "AM_TEMPLATE /tasks/1/args/v"],
  ];

  test.each(cases)("%s is found before any task starts", async (_name, tasks, finding) => {
    const calls: string[] = [];
    await using mesh = testMesh({ tools: { ok: { run: () => calls.push("ok") }, typed, wants } });
    const run = mesh.run({ mesh: 1, tasks } as never);
    const result = await run.result;
    expect([result.status, result.error?.code, calls]).toEqual(["failed", "AM_PLAN_REJECTED", []]);
    const findings = (result.error?.facts["findings"] ?? []) as { code: string; path: string }[];
    const found = findings.map(({ code, path }) => `${code} ${path}`);
    expect(found).toContain(finding);
  });

  test("what could not be checked before is checked at the call", async () => {
    const seen: unknown[] = [];
    await using mesh = testMesh({
      tools: { ok: { run: () => 7 }, wants: { ...wants, run: (args) => seen.push(args) } },
    });
    const run = mesh.run({
      mesh: 1,
      tasks: [task("n"), task("x", { use: "t.wants", args: { text: { $from: "n" } } })],
    });
    const result = await run.result;
    expect(result.error?.message).toContain("t.wants");
    expect(seen).toEqual([]);
    expect((await mesh.show(run.id)).tasks["x"]?.error?.code).toBe("AM_ARGUMENT_INVALID");
  });
});

describe("promise 6: cost per event is constant", () => {
  test(
    "an event of a large run is as many bytes as one of a small run, and an output is stored once",
    { timeout: 60_000 },
    async () => {
      const bytesPerEvent = async (count: number): Promise<number> => {
        const path = join(temporaryFolder(), "store.db");
        await using mesh = testMesh({ store: new SqliteStore(path), tools: { ok: { run: () => "x".repeat(1_000) } } });
        const tasks = Array.from({ length: count }, (_, index) =>
          task(
            `k${String(index).padStart(5, "0")}`,
            index === 0 ? {} : { args: { v: { $from: `k${String(index - 1).padStart(5, "0")}` } } },
          ),
        );
        const result = await mesh.run({ mesh: 1, tasks }).result;
        expect(result.status).toBe("succeeded");
        const database = new DatabaseSync(path, { readOnly: true });
        const events = database
          .prepare("SELECT avg(length(body)) AS bytes, max(length(body)) AS most FROM journal WHERE type LIKE 'task.%'")
          .get();
        const blobs = database.prepare("SELECT count(*) AS n FROM blob").get();
        database.close();
        expect(Number(blobs?.["n"])).toBe(2); // the output and the argument that holds it, each once for all tasks
        expect(Number(events?.["most"])).toBeLessThan(400);
        return Number(events?.["bytes"]);
      };
      const [small, large] = [await bytesPerEvent(20), await bytesPerEvent(600)];
      expect(large / small).toBeLessThan(1.05);
    },
  );

  test("a large output is stored once, beside the store; when its file is gone, it is the value that is lost", async () => {
    const path = join(temporaryFolder(), "store.db");
    const text = "x".repeat(100_000);
    const store = new SqliteStore(path);
    await using mesh = testMesh({ store, tools: { ok: { run: () => text } } });
    const runs = [mesh.run({ mesh: 1, tasks: [task("a")] }), mesh.run({ mesh: 1, tasks: [task("b")] })];
    for (const run of runs) expect(await run.result).toMatchObject({ status: "succeeded" });
    const files = readdirSync(`${path}.blobs`);
    expect(files).toHaveLength(1);
    const id = runs[0]?.id ?? "";
    expect((await mesh.replay(id)).length).toBeGreaterThan(3);
    for (const file of files) rmSync(join(`${path}.blobs`, file));
    const lost = files.map((hash): unknown => expect.objectContaining({ hash, field: "output" }));
    await expect(mesh.replay(id)).rejects.toMatchObject({ code: "AM_VALUES_LOST", facts: { lost } });
  });

  test("all runs of a store share one commit per turn of the event loop", async () => {
    const store = new SqliteStore(":memory:");
    await using mesh = testMesh({ store, tools: { ok: { run: () => 1 } } });
    const chain = Array.from({ length: 10 }, (_, index) =>
      task(`k${index}`, index === 0 ? {} : { after: [`k${index - 1}`] }),
    );
    await Promise.all(Array.from({ length: 50 }, () => mesh.run({ mesh: 1, tasks: chain }).result));
    expect(store.commits).toBeLessThan(100); // 50 runs of 10 steps: 1,000 task events
  });

  test("a chain costs one commit a step: an outcome and the start that it enables share it", async () => {
    const store = new SqliteStore(":memory:");
    await using mesh = testMesh({ store, tools: { work: { run: () => "done" } } });
    const tasks = Array.from({ length: 40 }, (_, index) => ({
      id: `n${index}`,
      use: "t.work",
      args: {},
      ...(index === 0 ? {} : { after: [`n${index - 1}`] }),
    }));
    const before = store.commits;
    expect(await mesh.run({ mesh: 1, name: "chain", tasks }).result).toMatchObject({ status: "succeeded" });
    expect(store.commits - before).toBeLessThanOrEqual(tasks.length + 1); // one for the beginning
  });
});

test("secrets are in no stored byte, and still reach the tools that need them", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "store.db");
  const secret = "sk-very-secret-0123456789";
  const seen: unknown[] = [];
  {
    await using mesh = testMesh({
      store: new SqliteStore(path),
      secrets: [secret],
      tools: {
        tells: { run: () => ({ key: secret, long: `${secret} `.repeat(50) }) },
        ok: { run: (args) => seen.push(args) },
        bad: { run: () => Promise.reject(new Error(`refused: ${secret}`)) },
      },
    });
    const plan = {
      mesh: 1 as const,
      tasks: [
        task("a", { use: "t.tells" }),
        task("b", { args: { key: { $from: "a.key" } } }),
        task("c", { use: "t.bad", onError: "null" as const }),
      ],
      output: { $from: "a" },
    };
    expect((await mesh.run(plan).result).status).toBe("succeeded");
  }
  expect(seen).toEqual([{ key: secret }]);
  const bytes = readFileSync(path).toString("latin1");
  expect(bytes).toContain("[secret]");
  expect(bytes).not.toContain(secret);
});
