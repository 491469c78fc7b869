/** Runs the real command as a child process in a folder of its own, as a user does. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, vi } from "vitest";

export const LAUNCHER = join(import.meta.dirname, "../bin/agentmesh.mjs");
const SERVER = fileURLToPath(import.meta.resolve("./fixtures/test-server.ts"));
const require = createRequire(import.meta.url);

export interface CommandEnd {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<CommandEnd>;
  interrupt(): void;
  /** As a power cut does: it gets to know nothing. */
  kill(): void;
  /** Resolves once standard error holds this text. */
  says(words: string | RegExp): Promise<readonly string[]>;
  /** The same of standard output. */
  prints(words: RegExp): Promise<readonly string[]>;
}

/** Commands start processes that start processes: on a busy machine that takes its time. */
vi.setConfig({ testTimeout: 90_000 });

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true, force: true }))));

/** A folder that is gone after the tests of a file. */
export class Folder {
  readonly path: string;

  static async create(files: Readonly<Record<string, unknown>> = {}): Promise<Folder> {
    const folder = new Folder(await mkdtemp(join(tmpdir(), "agentmesh-cli-")));
    folders.push(folder.path);
    for (const [name, content] of Object.entries(files)) await folder.write(name, content);
    return folder;
  }

  private constructor(path: string) {
    this.path = path;
  }

  /** Text as it is, everything else as JSON. */
  async write(name: string, content: unknown): Promise<void> {
    await writeFile(join(this.path, name), typeof content === "string" ? content : JSON.stringify(content));
  }

  async run(...words: readonly string[]): Promise<CommandEnd> {
    return await this.start(...words).ended;
  }

  /** What a bash script prints, errors too; `agentmesh` in it is the command. */
  async shell(script: string): Promise<string> {
    const command = `exec 2>&1; agentmesh() { "${process.execPath}" "${LAUNCHER}" "$@"; }; ${script}`;
    const child = spawn("bash", ["-c", command], {
      cwd: this.path,
      env: this.environment,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return await text(child.stdout);
  }

  /** Standard output, of which nothing is read for so long. */
  async readLate(delayMs: number, ...words: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, [LAUNCHER, ...words], {
      cwd: this.path,
      env: this.environment,
      stdio: ["ignore", "pipe", "ignore"],
    });
    await sleep(delayMs);
    return await text(child.stdout);
  }

  get environment(): NodeJS.ProcessEnv {
    return { PATH: process.env["PATH"], HOME: this.path, AGENTMESH_NO_MODEL: "1" };
  }

  start(...words: readonly string[]): RunningCommand {
    const child = spawn(process.execPath, [LAUNCHER, ...words], {
      cwd: this.path,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const heard = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].on("data", (chunk: Buffer) => (heard[name] += String(chunk)));
    const hears = async (name: "stdout" | "stderr", expected: string | RegExp): Promise<readonly string[]> => {
      for (;;) {
        const found = find(heard[name], expected);
        if (found !== null) return found;
        if (child.exitCode !== null) throw new Error(`It ended without saying ${String(expected)}:\n${heard[name]}`);
        await Promise.race([once(child[name], "data"), once(child, "close")]);
      }
    };
    const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]).then(
      ([stdout, stderr, [exit]]) => ({ exit: exit as number | null, stdout, stderr }),
    );
    return {
      pid: child.pid ?? 0,
      ended,
      interrupt: () => child.kill("SIGINT"),
      kill: () => child.kill("SIGKILL"),
      says: (expected) => hears("stderr", expected),
      prints: (expected) => hears("stdout", expected),
    };
  }
}

function find(said: string, expected: string | RegExp): readonly string[] | null {
  if (typeof expected !== "string") return expected.exec(said);
  return said.includes(expected) ? [expected] : null;
}

/** A server of these tests, started in one of its ways. */
export function testServer(way = "tools", ...rest: readonly string[]): object {
  return { command: process.execPath, args: [SERVER, way, ...rest], trust: { annotations: true } };
}

/** The official file system server over a folder. */
export function fileServer(folder: string): object {
  const program = require.resolve("@modelcontextprotocol/server-filesystem/dist/index.js");
  return { command: process.execPath, args: [program, folder], trust: { annotations: true } };
}

/** A folder with a configuration that has the test server as `test`. */
export async function meshFolder(files: Readonly<Record<string, unknown>> = {}): Promise<Folder> {
  return await Folder.create({ "agentmesh.config.json": { mcpServers: { test: testServer() } }, ...files });
}

/** A folder with a bank, which writes down its calls, and a plan over it. */
export async function bankFolder(tasks: readonly object[], config: object = {}): Promise<Folder> {
  const folder = await Folder.create({ "plan.json": plan(tasks) });
  const bank = testServer("bank", join(folder.path, "record.txt"));
  await folder.write("agentmesh.config.json", { mcpServers: { bank }, ...config });
  return folder;
}

/** The calls that the bank has seen, in order. */
export function callsOf({ path }: Folder): readonly string[] {
  const record = join(path, "record.txt");
  return existsSync(record) ? readFileSync(record, "utf8").trim().split("\n") : [];
}

/** What `show --json` says of the only run there is. */
export async function onlyRun(folder: Folder): Promise<ShownRun> {
  const { runs } = JSON.parse((await folder.run("runs", "--json")).stdout) as { runs: { run: string }[] };
  return JSON.parse((await folder.run("show", runs[0]?.run ?? "", "--json")).stdout) as ShownRun;
}

export interface ShownRun {
  readonly run: string;
  readonly seq: number;
  readonly status: string;
  readonly tasks: Readonly<Record<string, { readonly status: string }>>;
  readonly waits: readonly object[];
}

export function plan(tasks: readonly object[], rest: object = {}): object {
  return { mesh: 1, name: "test", tasks, ...rest };
}

export function jsonLines(output: string): readonly { readonly [key: string]: unknown }[] {
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly [key: string]: unknown });
}

/** Whether a process still runs; one that is dead and only not yet reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" && process.platform !== "linux";
  }
}

/** A port of this machine that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
