/** A task of a plan that is ready to run: its values, each read once, and its place among the others. */
import type { Expression } from "./jinja.ts";
import type { PlanTask } from "./plan.ts";
import type { PlanValue } from "./plan-value.ts";
import type { TaskGraph } from "./task-graph.ts";

export interface TaskValues {
  readonly index: number;
  readonly spec: PlanTask;
  readonly args: PlanValue;
  readonly when: Expression | undefined;
  readonly until: Expression | undefined;
  /** The list of an `each`. */
  readonly list: PlanValue | undefined;
  /** The arguments of `onError: { use, args }`. */
  readonly fallback: PlanValue | undefined;
}

export class CompiledTask implements TaskValues {
  readonly index: number;
  readonly spec: PlanTask;
  readonly args: PlanValue;
  readonly when: Expression | undefined;
  readonly until: Expression | undefined;
  readonly list: PlanValue | undefined;
  readonly fallback: PlanValue | undefined;
  readonly #graph: TaskGraph;

  constructor({ index, spec, args, when, until, list, fallback }: TaskValues, graph: TaskGraph) {
    this.index = index;
    this.spec = spec;
    this.args = args;
    this.when = when;
    this.until = until;
    this.list = list;
    this.fallback = fallback;
    this.#graph = graph;
  }

  /** Tasks by number, each once. */
  get dependencies(): readonly number[] {
    return this.#graph.dependenciesOf(this.index);
  }

  /** How many it waits for. */
  get dependencyCount(): number {
    return this.#graph.dependencyCount(this.index);
  }

  get dependents(): readonly number[] {
    return this.#graph.dependentsOf(this.index);
  }

  /** See TaskGraph.priorityOf. */
  get priority(): number {
    return this.#graph.priorityOf(this.index);
  }
}
