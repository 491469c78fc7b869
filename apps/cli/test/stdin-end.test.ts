/** The host of `agentmesh mcp` closes its standard input, at the worst moments: within two seconds nothing is left. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test, vi } from "vitest";
import { Folder, isRunning, LAUNCHER, onlyRun, plan, testServer } from "./command.ts";

const GONE_MS_MAX = 2_000;
const patient = { timeout: 30_000, interval: 100 };
const INITIALIZE = {
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1.0.0" } },
};

class Host {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string, undefined>;

  static async start(folder: Folder): Promise<Host> {
    const child = spawn(process.execPath, [LAUNCHER, "mcp"], {
      cwd: folder.path,
      env: folder.environment,
      stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const host = new Host(child);
    host.send({ id: 0, ...INITIALIZE });
    await host.answer();
    host.send({ method: "notifications/initialized" });
    return host;
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  }

  send(message: object): void {
    this.#child.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  call(name: string): void {
    this.send({ id: 1, method: "tools/call", params: { name, arguments: {} } });
  }

  /** The next one; news are passed over. */
  async answer(): Promise<string> {
    for (;;) {
      const { value = "", done } = await this.#answers.next();
      if (done === true || value.includes('"id":')) return value;
    }
  }

  /** All that it has started, and what that has. */
  descendants(): readonly number[] {
    return descendantsOf(this.#child.pid ?? 0);
  }

  /** How long it takes until it and all of its processes are gone, in milliseconds. */
  async hangUp(): Promise<number> {
    const left = this.descendants();
    const startedAtMs = performance.now();
    const exit = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exit;
    await vi.waitFor(() => expect(left.filter(isRunning)).toEqual([]), { timeout: GONE_MS_MAX, interval: 10 });
    return performance.now() - startedAtMs;
  }
}

function descendantsOf(pid: number): readonly number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return listed
    .filter((id) => id !== "")
    .map(Number)
    .flatMap((id) => [id, ...descendantsOf(id)]);
}

function meshOf(server: object, tasks: readonly object[] = []): Promise<Folder> {
  const config = { mcpServers: { test: server }, workflows: { work: "work.json" } };
  return Folder.create({ "agentmesh.config.json": config, "work.json": plan(tasks) });
}

test("a server is not ready yet, and never will be", async () => {
  const host = await Host.start(await meshOf(testServer("hang"), [{ id: "a", use: "test.echo", args: { text: "x" } }]));
  host.call("work");
  await vi.waitFor(() => expect(host.descendants().length).toBeGreaterThan(0), patient);
  expect(await host.hangUp()).toBeLessThan(GONE_MS_MAX);
});

test("a call is under way that cannot be stopped: it is in the store as one whose outcome is unknown", async () => {
  const folder = await meshOf({}, [{ id: "long", use: "test.wait", args: { ms: 600_000 } }]);
  const record = join(folder.path, "record.txt");
  const mcpServers = { test: testServer("deaf", record) };
  await folder.write("agentmesh.config.json", { mcpServers, workflows: { work: "work.json" } });
  const host = await Host.start(folder);
  host.call("work");
  await vi.waitFor(() => expect(readFileSync(record, "utf8")).toContain("wait began"), patient);
  expect(await host.hangUp()).toBeLessThan(GONE_MS_MAX);
  const { status, tasks } = await onlyRun(folder);
  expect(status).not.toBe("succeeded");
  expect(tasks["long"]?.status).not.toBe("succeeded");
});

test("a server ignores SIGTERM, and so does what it has started", async () => {
  const { command, args } = testServer() as { readonly command: string; readonly args: readonly string[] };
  const script = 'trap "" TERM; sleep 600 & "$0" "$@" <&0 & wait';
  const folder = await meshOf({ command: "bash", args: ["-c", script, command, ...args] }, [
    { id: "long", use: "test.wait", args: { ms: 600_000 } },
  ]);
  const host = await Host.start(folder);
  host.call("work");
  await vi.waitFor(() => expect(host.descendants().length).toBeGreaterThanOrEqual(3), patient);
  expect(await host.hangUp()).toBeLessThan(GONE_MS_MAX);
});

test("a run waits for a person: it waits on, and can be answered", async () => {
  const folder = await meshOf(testServer(), [{ id: "paint", use: "test.paint", args: {}, approve: true }]);
  const host = await Host.start(folder);
  host.call("work");
  expect(await host.answer()).toContain("approve");
  expect(await host.hangUp()).toBeLessThan(GONE_MS_MAX);
  const { run, status } = await onlyRun(folder);
  expect(status).toBe("suspended");
  expect((await folder.run("approve", run, "paint")).exit).toBe(0);
});
