/** Reads the plans that callers hand in; one that is handed in again, unchanged, was read, checked and compiled before. */
import { hash } from "node:crypto";
import { parsePlan, type ParsedPlan, type PlanInput } from "@agentmesh/core";

interface ReadPlan {
  /** Of the text that the document had: whoever holds it may have changed it since. */
  readonly digest: string;
  readonly parsed: ParsedPlan;
}

export class PlanReader {
  readonly #plans = new WeakMap<PlanInput, ReadPlan>();

  read(document: PlanInput): ParsedPlan {
    const digest = digestOf(document);
    const before = this.#plans.get(document);
    if (before !== undefined && before.digest === digest) return before.parsed;
    const parsed = parsePlan(document);
    if (digest !== undefined && parsed.plan !== undefined) this.#plans.set(document, { digest, parsed });
    return parsed;
  }
}

/** Undefined for what is no JSON: the findings of the plan say where. */
function digestOf(document: PlanInput): string | undefined {
  try {
    return hash("sha256", JSON.stringify(document), "base64url");
  } catch {
    return undefined;
  }
}
