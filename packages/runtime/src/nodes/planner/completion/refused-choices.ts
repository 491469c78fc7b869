/** Choices of a model that the check of the whole plan refused: the next grammar leaves them out, so that a search ends. */

export interface PlanChoice {
  /** Counted from 0. */
  readonly line: number;
  readonly tool: string;
  /** The wired argument and its source; absent when the whole call was refused. */
  readonly wire?: { readonly path: readonly (string | number)[]; readonly source: string };
}

/** How often a choice is refused before it is left out: the first time, another choice of its plan may be the wrong one. */
const REFUSALS_MAX = 2;
/** After so many refused plans there is no time to find out which. */
const PATIENT_PLANS = 3;

export class RefusedChoices {
  readonly #counts = new Map<string, number>();
  #plans = 0;

  /** All that was wrong with one plan. */
  add(choices: readonly PlanChoice[]): void {
    this.#plans += 1;
    for (const key of new Set(choices.map(keyOf))) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Whether the choice is to be left out. */
  has(choice: PlanChoice): boolean {
    const refusals = this.#counts.get(keyOf(choice)) ?? 0;
    return refusals >= (this.#plans < PATIENT_PLANS ? REFUSALS_MAX : 1);
  }
}

/** Elements of a list are told apart by nothing: what fits one fits all. */
function keyOf({ line, tool, wire }: PlanChoice): string {
  const names = wire?.path.filter((step) => typeof step === "string") ?? [];
  return JSON.stringify([line, tool, names, wire?.source ?? null]);
}
