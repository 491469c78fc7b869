/**
 * Lets a mesh use tools of real MCP servers, changes the tools between the check of a plan and its calls, and counts the
 * calls that get through.
 */
import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type Json, type RunEvent, type ToolSpec } from "@agentmesh/core";
import { createMesh, type Mesh } from "@agentmesh/runtime";
import { defineTool } from "@agentmesh/mcp";
import type { Tool } from "@modelcontextprotocol/server";
import { expect, vi } from "vitest";
import { type MutableServer, mutableServer } from "./mutable-server.ts";
import { sampleValue } from "./sample-value.ts";

type Servers = ReadonlyMap<string, readonly Tool[]>;

export interface TrialOptions {
  /** Where the tools are pinned before. */
  readonly lockFile?: string;
}

export interface Change {
  readonly change: (tool: Tool) => Tool;
  readonly isSpaced?: boolean;
}

export interface TrialOutcome {
  /** Tools that the plan calls, each once. */
  readonly tools: number;
  /** Calls that a server has got. */
  readonly calls: number;
  /** Tasks that were stopped because of what the tool has become. */
  readonly stopped: number;
  /** `tool.drifted`, of how many tools. */
  readonly told: number;
  /** Tasks that came to anything else, for the reader of a failed test. */
  readonly others: readonly string[];
}

const WAIT = { timeout: 60_000, interval: 10 };
const STOPPING: ReadonlySet<string> = new Set(["AM_TOOL_DRIFTED", "AM_TOOL_GONE", "AM_TOOL_UNKNOWN"]);

export class PinningTrial implements AsyncDisposable {
  readonly #servers = new Map<string, MutableServer>();
  readonly #tools: Servers;
  #mesh: Mesh | undefined;
  /** What happens in the middle of a run. */
  #meanwhile: () => Promise<void> = () => Promise.resolve();

  private constructor(tools: Servers) {
    this.#tools = tools;
  }

  static async open(tools: Servers, options: TrialOptions = {}): Promise<PinningTrial> {
    const trial = new PinningTrial(tools);
    for (const [name, listed] of tools) trial.#servers.set(name, await mutableServer(listed));
    const settings = {
      mcpServers: Object.fromEntries(
        [...trial.#servers].map(([name, { url }]) => [name, { url, protocol: "modern" as const }]),
      ),
      tools: { gate: [trial.#gate()] },
      store: ":memory:",
      ...(options.lockFile === undefined ? {} : { pinning: { lockFile: options.lockFile } }),
    };
    if (options.lockFile !== undefined) {
      await using first = await createMesh(settings);
      await first.lockTools();
    }
    trial.#mesh = await createMesh(settings);
    await trial.#mesh.tools();
    return trial;
  }

  /** One run that calls every tool once, each of which is served otherwise from the middle of the run on. */
  async runChangedMidway({ change, isSpaced = false }: Change): Promise<TrialOutcome> {
    await this.#serve((tool) => tool);
    await this.#isKnown((tool) => tool);
    return this.#run(
      this.#tasks((tool) => tool),
      () => this.#serve(change, isSpaced),
    );
  }

  /** The same, of tools that have changed before the run is planned. */
  async runChanged({ change, isSpaced = false }: Change): Promise<TrialOutcome> {
    await this.#serve(change, isSpaced);
    await this.#isKnown(change);
    return this.#run(this.#tasks(change), () => Promise.resolve());
  }

  async #run(tasks: readonly PlannedCall[], meanwhile: () => Promise<void>): Promise<TrialOutcome> {
    const mesh = this.#opened;
    const before = this.#calls();
    this.#meanwhile = meanwhile;
    const run = mesh.run({ mesh: 1, name: "pinning", tasks: [GATE, ...tasks] });
    await run.result;
    return { ...outcomeOf(await mesh.events(run.id)), tools: tasks.length, calls: this.#calls() - before };
  }

  /** Resolves once the mesh has the tools as they are served now. */
  async #isKnown(change: (tool: Tool) => Tool): Promise<void> {
    await vi.waitFor(async () => {
      const { tools } = await this.#opened.tools();
      const known = new Map(tools.map((tool) => [tool.name, tool]));
      const stale = [...this.#tools].flatMap(([server, listed]) =>
        listed.map(change).filter((tool) => !isAs(tool, known.get(`${server}.${tool.name}`))),
      );
      expect(stale.map(({ name }) => name)).toEqual([]);
    }, WAIT);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mesh?.[Symbol.asyncDispose]();
    for (const server of this.#servers.values()) await server[Symbol.asyncDispose]();
  }

  get #opened(): Mesh {
    if (this.#mesh === undefined) throw new Error("The trial is not open.");
    return this.#mesh;
  }

  #gate() {
    return defineTool({
      name: "pass",
      description: "Waits for what happens in the middle of the run.",
      input: ANYTHING,
      inputSchema: { type: "object" },
      effect: "read",
      run: async () => {
        await this.#meanwhile();
        return {};
      },
    });
  }

  /** Resolves once every server was asked again. */
  async #serve(change: (tool: Tool) => Tool, isSpaced = false): Promise<void> {
    const asked = new Map([...this.#servers].map(([name, server]) => [name, server.lists()]));
    for (const [name, listed] of this.#tools) this.#servers.get(name)?.serve(listed.map(change), isSpaced);
    await vi.waitFor(() => {
      for (const [name, server] of this.#servers) expect(server.lists()).toBeGreaterThan(asked.get(name) ?? 0);
    }, WAIT);
  }

  #calls(): number {
    return [...this.#servers.values()].reduce((sum, { calls }) => sum + calls.length, 0);
  }

  #tasks(change: (tool: Tool) => Tool): readonly PlannedCall[] {
    return [...this.#tools].flatMap(([server, listed]) =>
      listed.map(change).map((tool, index) => ({
        id: `${server}_${index}`,
        use: `${server}.${tool.name}`,
        after: ["gate"],
        args: argsFor(tool),
        onError: "null" as const,
      })),
    );
  }
}

function isAs(tool: Tool, known: ToolSpec | undefined): boolean {
  if (known === undefined) return false;
  const { rawDescription = known.description, inputSchema } = known;
  return rawDescription === (tool.description ?? "") && isDeepStrictEqual(inputSchema, tool.inputSchema);
}

interface PlannedCall {
  readonly id: string;
  readonly use: string;
  readonly after: string[];
  readonly args: Record<string, Json>;
  readonly onError: "null";
}

const ANYTHING = {
  "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) },
};
const GATE = { id: "gate", use: "gate.pass" };

/** Literals: what looks like a reference is none. */
function argsFor({ inputSchema }: Tool): Record<string, Json> {
  const value = sampleValue(inputSchema as Json);
  return Object.fromEntries(
    Object.entries(isJsonObject(value) ? value : {}).map(([key, one]) => [key, { $literal: one }]),
  );
}

function outcomeOf(events: readonly RunEvent[]): Pick<TrialOutcome, "stopped" | "told" | "others"> {
  const failed = events.filter((event) => event.type === "task.failed");
  return {
    stopped: failed.filter(({ error }) => STOPPING.has(error.code)).length,
    told: new Set(events.flatMap((event) => (event.type === "tool.drifted" ? [event.tool] : []))).size,
    others: [
      ...failed.filter(({ error }) => !STOPPING.has(error.code)).map(({ error }) => `${error.code} ${error.message}`),
      ...events.flatMap((event) => (event.type === "run.failed" ? [`${event.error.code} ${event.error.message}`] : [])),
    ],
  };
}
