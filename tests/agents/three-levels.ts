/**
 * Three meshes above one another: the top one in this process, `agentmesh serve` over HTTP, `agentmesh mcp` over stdio, and
 * below them a server that keeps a ledger.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject, PlanInput, RunEvent, RunPolicyInput } from "@agentmesh/core";
import { createMesh, type Mesh, SqliteStore } from "@agentmesh/runtime";
import { onTestFinished } from "vitest";
import { type LedgerLine, readLedger } from "./ledger.ts";
import { LAUNCHER, newFolder, ServeProcess, writeJson } from "./mesh-process.ts";

const LEDGER_SERVER = join(import.meta.dirname, "ledger-server.ts");
const STORE = "store.db";

export interface LevelOptions {
  /** How the middle one speaks to the inner one; stdio's own default is `legacy`. */
  readonly protocol?: "legacy" | "modern";
  readonly top?: RunPolicyInput;
  readonly middle?: RunPolicyInput;
  readonly inner?: RunPolicyInput;
  /** Of the inner one, by name. */
  readonly workflows?: Readonly<Record<string, PlanInput>>;
}

type Level = "top" | "middle" | "inner";

export class ThreeLevels {
  readonly #folders: Readonly<Record<Level, string>>;
  readonly #options: LevelOptions;
  #middle: ServeProcess | undefined;

  static async start(options: LevelOptions = {}): Promise<ThreeLevels> {
    const [top, middle, inner] = [await newFolder(), await newFolder(), await newFolder()];
    const levels = new ThreeLevels({ top, middle, inner }, options);
    onTestFinished(() => levels.#middle?.end("SIGINT"));
    await levels.#configure();
    await levels.serveMiddle();
    return levels;
  }

  private constructor(folders: Readonly<Record<Level, string>>, options: LevelOptions) {
    this.#folders = folders;
    this.#options = options;
  }

  /** Starts the middle one; again on the same port. */
  async serveMiddle(): Promise<void> {
    this.#middle = await ServeProcess.start(this.#folders.middle, this.#middle?.port ?? "0");
  }

  async killMiddle(): Promise<void> {
    await this.#middle?.end("SIGKILL");
  }

  async openTop(): Promise<Mesh> {
    const mesh = await createMesh({
      mcpServers: { middle: { url: this.#middle?.url ?? "" } },
      agents: { middle: { server: "middle", effect: "idempotent" } },
      store: this.storeOf("top"),
      environment: {},
      policy: this.#options.top ?? {},
    });
    onTestFinished(() => mesh[Symbol.asyncDispose]());
    return mesh;
  }

  get gate(): string {
    return join(this.#folders.inner, "gate");
  }

  openGate(): Promise<void> {
    return writeFile(this.gate, "");
  }

  ledger(): readonly LedgerLine[] {
    return readLedger(this.ledgerFile);
  }

  get ledgerFile(): string {
    return join(this.#folders.inner, "ledger.jsonl");
  }

  storeOf(level: Level): string {
    return join(this.#folders[level], STORE);
  }

  async eventsOf(level: Level, run: string): Promise<readonly RunEvent[]> {
    await using store = asyncClosed(new SqliteStore(this.storeOf(level)));
    return await store.value.read(run, 0);
  }

  async runsOf(level: Level): Promise<readonly string[]> {
    await using store = asyncClosed(new SqliteStore(this.storeOf(level)));
    return (await store.value.runs({ tenant: "default", limit: 50 })).map(({ run }) => run);
  }

  async #configure(): Promise<void> {
    const { middle, inner } = this.#folders;
    const { protocol = "modern", workflows = {} } = this.#options;
    await writeFile(this.ledgerFile, "");
    await writeJson(inner, "agentmesh.config.json", {
      mcpServers: {
        leaf: {
          command: process.execPath,
          args: [LEDGER_SERVER, this.ledgerFile],
          trust: { context: true },
          tools: { overrides: { note: { effect: "idempotent" } } },
        },
      },
      store: STORE,
      policy: this.#options.inner ?? {},
      workflows,
    });
    await writeJson(middle, "agentmesh.config.json", {
      mcpServers: { inner: { command: process.execPath, args: [LAUNCHER, "mcp"], cwd: inner, protocol } },
      agents: { inner: { server: "inner", effect: "idempotent" } },
      store: STORE,
      policy: this.#options.middle ?? {},
    });
  }
}

function asyncClosed(value: SqliteStore): { readonly value: SqliteStore } & AsyncDisposable {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}

/** A plan of one task, a run of this agent, which is given this plan. */
export function asks(agent: string, plan: PlanInput, more: object = {}): PlanInput {
  const task = {
    id: "ask",
    use: `agent:${agent}`,
    args: { plan: { $literal: plan as unknown as JsonObject } },
    ...more,
  };
  return { mesh: 1, name: `asks ${agent}`, tasks: [task], output: { $from: "ask" } };
}

/** A plan of the lowest mesh: one line in the ledger, at once or when the gate opens. */
export function notes(text: string, gate?: string): PlanInput {
  const args = { text, ...(gate === undefined ? {} : { gate }) };
  return {
    mesh: 1,
    name: "notes",
    tasks: [{ id: "note", use: "leaf.note", args }],
    output: { $from: "note.text" },
  };
}
