/**
 * What the outputs of tools look like that declare no output schema, learned from calls as they succeed, and kept in the
 * cache table so that the next process knows it. Of the tool as it is: one with another fingerprint is another tool.
 */
import { canonicalJson, type Json, type LearnedShape, MESH_SERVER, type ToolSpec } from "@agentmesh/core";
import { cacheKey, digestOf, type MeshCache } from "../../cache/mesh-cache.ts";
import { addOutput, learnedShape, ShapeWindow } from "./shape-window.ts";
import { shapeOfOutput } from "./value-shape.ts";

/** Larger outputs are not looked at, in bytes. */
const OUTPUT_BYTES_MAX = 65_536;
/** The first outputs of a tool in a process are all looked at, later ones now and then. */
const FIRST_OUTPUTS = 16;
const OUTPUTS_PER_LOOK = 16;
const TTL_MS = 30 * 86_400_000;
/** Tools whose shapes are at hand; the store has the others. */
const TOOLS_MAX = 10_000;

export interface ShapeLearning {
  readonly cache: MeshCache;
  /** See ToolSource. */
  readonly identityOf: (tool: ToolSpec) => string;
}

export interface LearnedOutput {
  readonly value: Json;
  /** Of its canonical text. */
  readonly bytes: number;
  /** Asked only when the output is looked at: whether it stands on what an open-world tool has put out. */
  readonly isUntrusted: () => boolean;
}

interface KnownTool {
  window?: ShapeWindow;
  shape?: LearnedShape | undefined;
  /** The tool with its shape, for as long as both are the same. */
  described?: { readonly from: ToolSpec; readonly tool: ToolSpec };
  outputs: number;
  keptMs: number;
}

export class LearnedShapes {
  readonly #learning: ShapeLearning;
  readonly #tools = new Map<string, KnownTool>();
  #keys: Promise<ReadonlySet<string>> | undefined;

  constructor(learning: ShapeLearning) {
    this.#learning = learning;
  }

  /** Reads what earlier processes have learned of these tools. Never rejects. */
  async load(tools: readonly ToolSpec[]): Promise<void> {
    const wanted = tools.filter((tool) => isLearnable(tool) && !this.#tools.has(nameOf(tool)));
    if (wanted.length === 0) return;
    this.#keys ??= this.#learning.cache.keys("shape").then((keys) => new Set(keys));
    const keys = await this.#keys;
    const kept = wanted.map((tool) => ({ tool, key: this.#keyOf(tool) })).filter(({ key }) => keys.has(key));
    await Promise.all(kept.map(({ tool, key }) => this.#read(tool, key)));
  }

  learn(tool: ToolSpec, { value, bytes, isUntrusted }: LearnedOutput): void {
    if (!isLearnable(tool) || bytes > OUTPUT_BYTES_MAX) return;
    const known = this.#knownOf(nameOf(tool));
    const isLooked = known.outputs < FIRST_OUTPUTS || known.outputs % OUTPUTS_PER_LOOK === 0;
    known.outputs++;
    if (isLooked)
      this.#add(tool, known, addOutput(known.window, { shape: shapeOfOutput(value), isUntrusted: isUntrusted() }));
  }

  /** The tool, with what was learned of it. */
  described(tool: ToolSpec): ToolSpec {
    if (!isLearnable(tool)) return tool;
    const known = this.#tools.get(nameOf(tool));
    if (known?.shape === undefined) return tool;
    if (known.described?.from !== tool) known.described = { from: tool, tool: { ...tool, outputShape: known.shape } };
    return known.described.tool;
  }

  async #read(tool: ToolSpec, key: string): Promise<void> {
    const row = await this.#learning.cache.peek("shape", key);
    const window = row === undefined ? undefined : readWindow(row.body);
    const name = nameOf(tool);
    if (row === undefined || window === undefined || this.#tools.has(name)) return;
    Object.assign(this.#knownOf(name), { window, shape: learnedShape(window), keptMs: row.createdMs });
  }

  #add(tool: ToolSpec, known: KnownTool, window: ShapeWindow): void {
    const { cache } = this.#learning;
    const shape = learnedShape(window);
    const body = JSON.stringify(window);
    if (!cache.mayKeep(body)) return; // a key that is a secret
    const isNew = textOf(shape) !== textOf(known.shape);
    if (isNew) {
      known.shape = shape;
      delete known.described;
    }
    known.window = window;
    if (!isNew && window.outputs > 1 && cache.nowMs - known.keptMs < TTL_MS / 2) return;
    known.keptMs = cache.nowMs;
    cache.keep("shape", { key: this.#keyOf(tool), body, ttlMs: TTL_MS });
  }

  #knownOf(name: string): KnownTool {
    const known = this.#tools.get(name) ?? { outputs: 0, keptMs: 0 };
    const oldest = this.#tools.keys().next().value;
    if (this.#tools.size >= TOOLS_MAX && oldest !== undefined && !this.#tools.has(name)) this.#tools.delete(oldest);
    this.#tools.set(name, known);
    return known;
  }

  #keyOf(tool: ToolSpec): string {
    return cacheKey(tool.name, digestOf([tool.fingerprint, this.#learning.identityOf(tool)]), "shape");
  }
}

function isLearnable({ outputSchema, server }: ToolSpec): boolean {
  return outputSchema === undefined && server !== MESH_SERVER;
}

function nameOf({ name, fingerprint }: ToolSpec): string {
  return `${name}#${fingerprint}`;
}

function textOf(shape: LearnedShape | undefined): string {
  return shape === undefined ? "" : `${shape.isUntrusted} ${canonicalJson(shape.schema)}`;
}

function readWindow(body: string): ShapeWindow | undefined {
  try {
    return ShapeWindow.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
