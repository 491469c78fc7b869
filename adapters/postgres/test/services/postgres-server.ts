/** A PostgreSQL server for tests: its own cluster in a temporary folder, on a free port, under an unprivileged user. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";

const START_MS_MAX = 60_000;
const USER = "agentmesh";

export class PostgresServer implements AsyncDisposable {
  readonly folder: string;
  readonly #port: number;
  readonly #password: string;
  readonly #extra: readonly string[];
  #process: ChildProcess | undefined;
  #output = "";
  readonly #atExit = () => {
    this.#process?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  };

  private constructor(port: number, extra: readonly string[]) {
    this.#port = port;
    this.#extra = extra;
    this.folder = mkdtempSync(join(process.env["AGENTMESH_SERVICES_FOLDER"] ?? tmpdir(), "postgres-"));
    this.#password = randomBytes(12).toString("hex");
    process.once("exit", this.#atExit);
  }

  /** `extra`: options of the server, like `-c max_connections=20`. */
  static async start(extra: readonly string[] = []): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort(), extra);
    server.#initialize();
    await server.start();
    return server;
  }

  get url(): string {
    return `postgresql://${USER}:${this.#password}@127.0.0.1:${this.#port}/postgres`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const untilMs = performance.now() + START_MS_MAX;
    while (!(await this.#answers())) {
      if (performance.now() > untilMs) throw new Error(`PostgreSQL does not start:\n${this.#output}`);
      if (this.#process === undefined) this.#launch();
      await sleep(50);
    }
  }

  /** SIGKILL is a crash, SIGQUIT an immediate stop, SIGINT a fast one. Resolves when the first process is gone. */
  async stop(signal: "SIGKILL" | "SIGQUIT" | "SIGINT" = "SIGINT"): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }

  /** Runs statements on a connection of their own. */
  async query<Row extends Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.url });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGQUIT");
    process.off("exit", this.#atExit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #initialize(): void {
    const passwordFile = join(this.folder, "password");
    writeFileSync(passwordFile, this.#password);
    const { uid, gid } = unprivilegedUser();
    if (uid !== undefined && gid !== undefined)
      for (const path of [this.folder, passwordFile]) chownSync(path, uid, gid);
    chmodSync(this.folder, 0o700);
    const options = ["--pgdata", this.#data, "--username", USER, "--pwfile", passwordFile];
    const more = ["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"];
    const { status, stderr, error } = spawnSync(program("initdb"), [...options, ...more], {
      encoding: "utf8",
      cwd: this.folder,
      ...unprivilegedUser(),
    });
    if (status !== 0) throw new Error(`initdb failed: ${error?.message ?? stderr}`);
  }

  #launch(): void {
    const address = ["-h", "127.0.0.1", "-p", String(this.#port), "-k", this.folder];
    const child = spawn(program("postgres"), ["-D", this.#data, ...address, ...this.#extra], {
      stdio: ["ignore", "ignore", "pipe"],
      cwd: this.folder,
      ...unprivilegedUser(),
    });
    child.stderr.on("data", (chunk: Buffer) => {
      this.#output = `${this.#output}${chunk.toString()}`.slice(-4_000);
    });
    // After a crash it waits for the processes of the server before: then it ends, and is tried again.
    child.once("exit", () => {
      this.#process = undefined;
    });
    this.#process = child;
  }

  async #answers(): Promise<boolean> {
    try {
      return this.#process !== undefined && (await this.query("SELECT 1")).length === 1;
    } catch {
      return false;
    }
  }

  get #data(): string {
    return join(this.folder, "data");
  }
}

/** `npm run test:services` says where they are. */
function program(name: string): string {
  return join(process.env["AGENTMESH_POSTGRES_PROGRAMS"] ?? "", name);
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
