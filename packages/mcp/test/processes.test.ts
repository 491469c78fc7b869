/** No process of a server outlives its source, or this process, whatever it does against it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { isRunning, runningChildren } from "./fixtures/processes.ts";
import { failureOf, fixture, linesOf, options, soon, stdioConfig, testFile, testSource } from "./fixtures/sources.ts";

/** Two seconds are promised, of a machine that has time for it. */
const ON_BUSY_MACHINES = 2;

/** The ids that a fixture wrote, all of them running; killed at the end of the test, whatever happens. */
async function startedIn(file: string, count: number): Promise<readonly number[]> {
  await vi.waitFor(() => expect(linesOf(file)).toHaveLength(count), 30_000);
  const pids = linesOf(file).map(Number);
  onTestFinished(() => {
    for (const pid of pids.filter(isRunning)) process.kill(pid, "SIGKILL");
  });
  return pids;
}

async function expectGone(pids: readonly number[], withinMs: number): Promise<void> {
  await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), withinMs);
}

describe("a launcher with a server and a grandchild that ignore SIGTERM and the end of their input", () => {
  test("is gone with everything it started when its source is closed", async () => {
    const file = testFile("pids.txt");
    const source = testSource(stdioConfig("stubborn", [], { env: { PID_FILE: file } }));
    expect(await source.connect(soon())).toMatchObject({ state: "ready" });
    const pids = await startedIn(file, 3);
    expect(pids.filter(isRunning)).toEqual(pids);
    await source.close();
    expect(pids.filter(isRunning)).toEqual([]);
  });

  test("is gone when its start is given up", async () => {
    const file = testFile("pids.txt");
    const source = testSource(stdioConfig("stubborn", ["silent"], { env: { PID_FILE: file }, startTimeoutMs: 6_000 }));
    expect((await source.connect(soon())).error?.code).toBe("AM_SERVER_START_TIMEOUT");
    expect((await startedIn(file, 2)).filter(isRunning)).toEqual([]);
  });

  test("is gone when its leader dies in mid-call", async () => {
    const file = testFile("pids.txt");
    const source = testSource(stdioConfig("stubborn", [], { env: { PID_FILE: file } }));
    await source.connect(soon());
    const pids = await startedIn(file, 3);
    const call = failureOf(source.call("wait", { ms: 30_000 }, options()));
    process.kill(pids[0]!, "SIGKILL");
    expect((await call).code).toBe("AM_TOOL_DISCONNECTED");
    await expectGone(pids, 10_000);
  });

  test.each([
    ["exit", 5],
    ["throw", 1],
    ["kill", null],
  ])("is gone when the process of its source ends by %s", async (way, ended) => {
    const file = testFile("pids.txt");
    const host = spawn(process.execPath, [fixture("host"), way], {
      env: { ...process.env, PID_FILE: file },
      stdio: "ignore",
    });
    expect(await once(host, "exit")).toEqual([ended, ended === null ? "SIGKILL" : null]);
    const startMs = performance.now();
    await expectGone(await startedIn(file, 3), 30_000);
    expect(performance.now() - startMs).toBeLessThan(ON_BUSY_MACHINES * 2_000);
  });
});

test("a server that leaves at the end of its input is not signalled", async () => {
  const file = testFile("record.txt");
  const source = testSource(stdioConfig("well-behaved", [], { env: { RECORD_FILE: file } }));
  await source.connect(soon());
  await source.close();
  expect(linesOf(file)).toEqual(["left with code 0"]);
  expect(runningChildren()).toEqual([]);
});

test("the guard of a mesh without servers is gone too", async () => {
  const sources = [testSource(stdioConfig("well-behaved")), testSource(stdioConfig("well-behaved"))];
  await Promise.all(sources.map((source) => source.connect(soon())));
  expect(runningChildren()).toHaveLength(3);
  await Promise.all(sources.map((source) => source.close()));
  expect(runningChildren()).toEqual([]);
});

test("an open source does not keep the end of the process waiting for listeners", () => {
  expect(process.listenerCount("exit")).toBeLessThan(10);
});
