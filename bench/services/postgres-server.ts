/** A PostgreSQL server of the benchmark's own, as it comes: fsync on, commits synchronous. Gone when the benchmark is. */
import { type ChildProcess, spawn, spawnSync, type SpawnSyncOptions } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findOrInstallPostgres } from "../../tools/services/postgres-programs.mjs";

const START_MS_MAX = 60_000;
/** A hundred runs at once, over the pools of some contenders. */
const CONNECTIONS_MAX = 200;

export class PostgresServer implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "agentmesh-bench-postgres-"));
  readonly #programs: string;
  readonly #port: number;
  #process: ChildProcess | undefined;
  readonly #atExit = () => {
    this.#process?.kill("SIGQUIT");
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };

  private constructor(programs: string, port: number) {
    this.#programs = programs;
    this.#port = port;
    process.once("exit", this.#atExit);
  }

  /** Installs PostgreSQL when it is missing and we may. Throws BootstrapError, RangeError when it does not start. */
  static async start(): Promise<PostgresServer> {
    const server = new PostgresServer(findOrInstallPostgres(), await freePort());
    server.#initialize();
    await server.#start();
    return server;
  }

  get url(): string {
    return `postgresql://postgres@127.0.0.1:${this.#port}/postgres`;
  }

  /** Ends it as a crash does (`pg_ctl stop -m immediate`); its log is replayed when it starts again. */
  async crash(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const exit = once(child, "exit");
    child.kill("SIGQUIT");
    await exit;
  }

  /** After a crash. Throws RangeError when it does not start. */
  async restart(): Promise<void> {
    await this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null) {
      const exit = once(child, "exit");
      child.kill("SIGINT");
      await exit;
    }
    process.off("exit", this.#atExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #initialize(): void {
    const user = unprivilegedUser();
    chmodSync(this.#folder, 0o755); // it is entered by another user
    mkdirSync(this.#data, { mode: 0o700 });
    if (user.uid !== undefined && user.gid !== undefined) chownSync(this.#data, user.uid, user.gid);
    const words = ["--pgdata", this.#data, "--username", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"];
    const options: SpawnSyncOptions = { stdio: ["ignore", "ignore", "inherit"], cwd: this.#folder, ...user };
    const { status } = spawnSync(join(this.#programs, "initdb"), words, options);
    if (status !== 0) throw new RangeError("initdb failed");
  }

  async #start(): Promise<void> {
    const address = ["-h", "127.0.0.1", "-p", String(this.#port), "-k", this.#data];
    const words = ["-D", this.#data, ...address, "-c", `max_connections=${CONNECTIONS_MAX}`];
    const options = { stdio: "ignore", cwd: this.#folder, ...unprivilegedUser() } as const;
    this.#process = spawn(join(this.#programs, "postgres"), words, options);
    const ready = ["-h", "127.0.0.1", "-p", String(this.#port), "-q"];
    for (const untilMs = performance.now() + START_MS_MAX; performance.now() < untilMs; await sleep(100))
      if (spawnSync(join(this.#programs, "pg_isready"), ready).status === 0) return;
    throw new RangeError("PostgreSQL does not start");
  }

  get #data(): string {
    return join(this.#folder, "data");
  }
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (option: string, user: string) => spawnSync("id", [option, user], { encoding: "utf8" }).stdout.trim();
  const user = idOf("-u", "postgres") === "" ? "nobody" : "postgres";
  return { uid: Number(idOf("-u", user)), gid: Number(idOf("-g", user)) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}
