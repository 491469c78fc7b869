/** The real `agentmesh serve` of two tenants: both use one server, and each has one behind it that the other does not see. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

export const TENANTS = ["acme", "umbrella"] as const;
export type Tenant = (typeof TENANTS)[number];

const LAUNCHER = join(import.meta.dirname, "../../apps/cli/bin/agentmesh.mjs");
const ISSUER = "https://issuer.example";
const AUDIENCE = "mesh";
const SECRET = "a secret of these tests, and of no other";
const TOKEN_SECONDS = 7_200;

export const otherOf = (tenant: Tenant): Tenant => (tenant === "acme" ? "umbrella" : "acme");

const then = { mark: { $from: "first.mark" } };
const planOf = (name: string, second: object) => ({
  mesh: 1,
  name,
  inputs: { mark: { type: "string" } },
  tasks: [
    { id: "first", use: "desk.echo", args: { mark: { $from: "inputs.mark" } } },
    { id: "second", args: then, ...second },
  ],
  output: { $from: "second" },
});

/** That end at once, after a while, and after somebody has agreed. */
const WORKFLOWS = {
  stamp: planOf("stamp", { use: "desk.echo" }),
  linger: planOf("linger", { use: "desk.hold" }),
  ask: planOf("ask", { use: "desk.echo", approve: true }),
};

/** A token of this tenant's, for `subject`. */
export function tokenOf(tenant: Tenant, subject: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1_000) + TOKEN_SECONDS;
  const claims = { iss: ISSUER, aud: AUDIENCE, exp, sub: subject, tenant };
  const body = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${body}.${createHmac("sha256", SECRET).update(body).digest("base64url")}`;
}

export class TenantServer implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  static async start(): Promise<TenantServer> {
    const folder = mkdtempSync(join(tmpdir(), "agentmesh-tenants-"));
    const server = (name: string) => ({
      command: process.execPath,
      args: [join(import.meta.dirname, "mark-server.ts"), name],
      trust: { annotations: true },
    });
    const each = <Value>(make: (tenant: Tenant) => Value) =>
      Object.fromEntries(TENANTS.map((tenant) => [tenant, make(tenant)]));
    const auth = { issuer: ISSUER, audience: AUDIENCE, secret: SECRET, tenantClaim: "tenant" };
    const config = {
      mcpServers: { desk: server("desk"), ...each(server) },
      tenants: each((tenant) => ({ servers: ["desk", tenant] })),
      workflows: WORKFLOWS,
      expose: { run: false, tools: TENANTS.map((tenant) => `${tenant}.echo`) },
      serve: { port: 0, auth },
    };
    writeFileSync(join(folder, "agentmesh.config.json"), JSON.stringify(config));
    const child = spawn(process.execPath, [LAUNCHER, "serve", "--json"], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, AGENTMESH_NO_MODEL: "1" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    return new TenantServer(folder, child, (JSON.parse(line) as { readonly mcp: string }).mcp);
  }

  private constructor(folder: string, child: ChildProcess, url: string) {
    this.#folder = folder;
    this.#child = child;
    this.url = url;
  }

  /** Memory of the process now, and the most it ever had, in MiB. */
  memory(): { readonly nowMiB: number; readonly peakMiB: number } {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    const of = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1_024);
    return { nowMiB: of("VmRSS"), peakMiB: of("VmHWM") };
  }

  /** What the independent reader of the store finds wrong once the server has ended, and journals with another tenant's marks. */
  async faultsOfStore(): Promise<{ readonly faults: readonly string[]; readonly runs: Record<string, number> }> {
    await this.#end();
    const store = join(this.#folder, ".agentmesh", "store.db");
    const words = [LAUNCHER, "verify", "--json"];
    const verified = await promisify(execFile)(process.execPath, words, { cwd: this.#folder }).then(
      () => [],
      (error: unknown) => [`verify: ${String(error).slice(0, 500)}`],
    );
    using database = new DatabaseSync(store, { readOnly: true });
    const crossed = TENANTS.flatMap((tenant) =>
      database
        .prepare("SELECT run.id FROM entry JOIN run ON run.number = entry.run WHERE run.tenant = ? AND instr(body, ?)")
        .all(tenant, `${otherOf(tenant)}:`)
        .map(({ id }) => `the journal of ${String(id)}, a run of ${tenant}, holds a mark of ${otherOf(tenant)}`),
    );
    const counts = database.prepare("SELECT tenant, status, count(*) AS n FROM run GROUP BY tenant, status").all();
    return {
      faults: [...verified, ...crossed],
      runs: Object.fromEntries(
        counts.map(({ tenant, status, n }) => [`${String(tenant)} ${String(status)}`, Number(n)]),
      ),
    };
  }

  async #end(): Promise<void> {
    this.#child.kill("SIGTERM");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
