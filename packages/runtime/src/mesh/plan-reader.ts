/** Reads the plans that callers hand in; one that is handed in again, unchanged, was read, checked and compiled before. */
import { parsePlan, type ParsedPlan, type PlanInput } from "@agentmesh/core";

interface ReadPlan {
  /** What the document said: whoever holds it may have changed it since. */
  readonly text: string;
  readonly parsed: ParsedPlan;
}

export class PlanReader {
  readonly #plans = new WeakMap<PlanInput, ReadPlan>();

  read(document: PlanInput): ParsedPlan {
    const text = textOf(document);
    const before = this.#plans.get(document);
    if (before !== undefined && before.text === text) return before.parsed;
    const parsed = parsePlan(document);
    if (text !== undefined && parsed.plan !== undefined) this.#plans.set(document, { text, parsed });
    return parsed;
  }
}

/** Undefined for what is no JSON: the findings of the plan say where. */
function textOf(document: PlanInput): string | undefined {
  try {
    return JSON.stringify(document);
  } catch {
    return undefined;
  }
}
