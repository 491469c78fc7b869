/**
 * The TypeScript face of a plan: tasks whose values are referred to as if they were there already.
 *
 * ```ts
 * const digest = new PlanBuilder("digest", { inputs: { topic: { type: "string" } } });
 * const hits = digest.task("hits", "web.search", { args: { query: digest.inputs.topic } });
 * const pages = digest.each("pages", "web.fetch", { over: { in: hits.results, as: "hit" }, args: (hit) => ({ url: hit.url }) });
 * const words = digest.task("words", "mesh.generate", { args: { prompt: text`Five key words of: ${pages}` } });
 * const plan = digest.output(words.text).build();
 * ```
 */
import type { Finding } from "./finding.ts";
import type { Json, JsonObject, JsonSchema } from "./json.ts";
import { MeshError } from "./mesh-error.ts";
import { parsePlan } from "./parse-plan.ts";
import type { Each, Plan, PlanInput } from "./plan.ts";
import { formatReference, type Reference } from "./reference.ts";

declare const isReference: unique symbol;

interface ReferenceMark {
  readonly [isReference]: true;
}

/**
 * A value that a task will have. Its fields and items are references too: those of `Value` where it is named
 * (`task<{ url: string }>(...)`), else any.
 */
export type ValueReference<Value = unknown> = ReferenceMark &
  (unknown extends Value
    ? { readonly [name: string]: ValueReference }
    : Value extends readonly (infer Item)[]
      ? { readonly [index: number]: ValueReference<Item> }
      : Value extends object
        ? { readonly [Name in keyof Value]-?: ValueReference<Value[Name]> }
        : unknown);

/** JSON in which any part may be a reference. */
export type PlanValue = Json | undefined | ReferenceMark | readonly PlanValue[] | { readonly [key: string]: PlanValue };
export type PlanValues = { readonly [key: string]: PlanValue };
type PlanTaskInput = PlanInput["tasks"][number];
/** Everything of a task but what the builder sets itself. */
export type TaskOptions = Omit<PlanTaskInput, "id" | "use" | "args" | "each">;
export type EachOptions = Omit<Partial<Each>, "in"> & { readonly in: ReferenceMark | readonly PlanValue[] | undefined };

export interface ElementOptions<Item> {
  readonly over: EachOptions;
  readonly args: (item: ValueReference<Item>, index: ValueReference<number>) => PlanValues;
}

/** What was built is no plan: an id twice, a key of the wrong kind. */
export class PlanBuilderError extends MeshError {
  constructor(findings: readonly Finding[]) {
    super({
      code: "AM_PLAN_INVALID",
      message: `The built plan is not valid: ${findings[0]?.path ?? ""} ${findings[0]?.message ?? ""}`,
      hint: "See facts.findings.",
      facts: { findings: findings.map(({ code, path, message }) => ({ code, path, message })) },
    });
  }
}

export class PlanBuilder<Inputs = unknown> {
  readonly inputs: ValueReference<Inputs> = referenceTo({ root: "inputs", path: [] });
  readonly #head: Omit<PlanInput, "tasks" | "mesh">;
  readonly #tasks: PlanTaskInput[] = [];

  constructor(
    name: string,
    options: { readonly inputs?: Readonly<Record<string, JsonSchema>>; readonly note?: string } = {},
  ) {
    this.#head = { name, ...options };
  }

  /** Adds a task; gives its value. */
  task<Value = unknown>(
    id: string,
    use: string,
    options: TaskOptions & { readonly args?: PlanValues } = {},
  ): ValueReference<Value> {
    this.#tasks.push({ ...options, id, use, args: plain(options.args ?? {}) as JsonObject });
    return referenceTo({ root: id, path: [] });
  }

  /** Adds a map over a list; gives the list of its values. `args` is asked once, with the item and its index as references. */
  each<Value = unknown, Item = unknown>(
    id: string,
    use: string,
    options: TaskOptions & ElementOptions<Item>,
  ): ValueReference<readonly Value[]> {
    const { args, over, ...rest } = options;
    const item = referenceTo<Item>({ root: over.as ?? "item", path: [] });
    const values = args(item, referenceTo<number>({ root: "index", path: [] }));
    this.#tasks.push({ ...rest, id, use, args: plain(values) as JsonObject, each: { ...over, in: plain(over.in) } });
    return referenceTo({ root: id, path: [] });
  }

  output(value: PlanValue): this {
    this.#head.output = plain(value);
    return this;
  }

  /** Throws PlanBuilderError. Tools and references are checked when the plan is run. */
  build(): Plan {
    const parsed = parsePlan({ mesh: 1, ...this.#head, tasks: this.#tasks });
    if (parsed.plan === undefined) throw new PlanBuilderError(parsed.findings);
    return parsed.plan;
  }
}

/** A template text: references in it are rendered when the task runs. */
export function text(
  parts: TemplateStringsArray,
  ...values: readonly (ReferenceMark | string | number | undefined)[]
): string {
  return parts.map((part, index) => part + rendered(values[index])).join("");
}

const references = new WeakMap<object, Reference>();

function referenceTo<Value>(reference: Reference): ValueReference<Value> {
  const proxy = new Proxy(Object.freeze({}), {
    get: (_target, name) => {
      if (typeof name === "symbol") return undefined;
      const step = /^\d+$/.test(name) ? Number(name) : name;
      return referenceTo({ root: reference.root, path: [...reference.path, step] });
    },
  });
  references.set(proxy, reference);
  return proxy as ValueReference<Value>;
}

function plain(value: PlanValue): Json {
  if (typeof value !== "object" || value === null) return value ?? null;
  const reference = references.get(value);
  if (reference !== undefined) return { $from: formatReference(reference) };
  if (Array.isArray(value)) return (value as readonly PlanValue[]).map(plain);
  return Object.fromEntries(Object.entries(value as PlanValues).map(([key, item]) => [key, plain(item)]));
}

function rendered(value: ReferenceMark | string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "object") return String(value);
  const reference = references.get(value);
  return reference === undefined ? "" : `{{ ${formatReference(reference)} }}`;
}
