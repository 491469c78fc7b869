/** A task of a plan that is ready to run: its values, and its place among the others. As small as it can be: a plan may have 100,000. */
import type { Expression } from "./jinja.ts";
import type { PlanTask } from "./plan.ts";
import { type PlanTemplates, PlanValue } from "./plan-value.ts";
import type { TaskGraph } from "./task-graph.ts";

/** What the tasks of a plan share. */
export interface PlanParts {
  readonly graph: TaskGraph;
  readonly templates: PlanTemplates;
}

export interface TaskConditions {
  readonly when: Expression | undefined;
  readonly until: Expression | undefined;
}

export class CompiledTask implements TaskConditions {
  readonly index: number;
  readonly spec: PlanTask;
  readonly when: Expression | undefined;
  readonly until: Expression | undefined;
  readonly #parts: PlanParts;

  constructor(spec: PlanTask, { index, when, until }: TaskConditions & { readonly index: number }, parts: PlanParts) {
    this.index = index;
    this.spec = spec;
    this.when = when;
    this.until = until;
    this.#parts = parts;
  }

  get args(): PlanValue {
    return new PlanValue(this.spec.args, this.#parts.templates);
  }

  /** The list of an `each`. */
  get list(): PlanValue | undefined {
    const { each } = this.spec;
    return each === undefined ? undefined : new PlanValue(each.in, this.#parts.templates);
  }

  /** The arguments of `onError: { use, args }`. */
  get fallback(): PlanValue | undefined {
    const { onError } = this.spec;
    return typeof onError === "object" ? new PlanValue(onError.args, this.#parts.templates) : undefined;
  }

  /** Tasks by number, each once. */
  get dependencies(): readonly number[] {
    return this.#parts.graph.dependenciesOf(this.index);
  }

  /** How many it waits for. */
  get dependencyCount(): number {
    return this.#parts.graph.dependencyCount(this.index);
  }

  get dependents(): readonly number[] {
    return this.#parts.graph.dependentsOf(this.index);
  }

  /** See TaskGraph.priorityOf. */
  get priority(): number {
    return this.#parts.graph.priorityOf(this.index);
  }
}
