/** What the nodes of the pipeline hand back to the core: facts from outside, like the outcome of a tool call. */
import type { Finding } from "./finding.ts";
import type { Payload } from "./payload.ts";
import type { ErrorRecord } from "./error-record.ts";
import type { ToolSpec } from "./tool-spec.ts";

/** `plan`: a document that still has to be parsed and checked. The other two are outcomes, not errors: nothing is invented. */
export type PlannerOutcome =
  | {
      readonly kind: "plan";
      readonly plan: unknown;
      /** It is the plan of an earlier run for the same goal: no model was asked. */
      readonly isCached?: true;
    }
  | { readonly kind: "no-tool-fits"; readonly reason: string }
  | { readonly kind: "value-missing"; readonly missing: readonly string[] };

/** The tool behind each `use` of the plan; a `use` that is not in it is unknown. */
export interface RouterOutcome {
  readonly tools: ReadonlyMap<string, ToolSpec>;
  /** Of a capability: what else might do, in the order of preference. What the plan's check refuses is left out. */
  readonly alternatives?: ReadonlyMap<string, readonly ToolSpec[]>;
  /** Every name that could have been used, for suggestions. */
  readonly known: readonly string[];
  /** Servers whose tools are not there, and why. */
  readonly unavailable?: ReadonlyMap<string, string>;
  /** See ToolCatalogue. */
  readonly hidden?: ((use: string) => string | undefined) | undefined;
}

/** No findings: accepted. `output`: the run's output, resolved by the driver; absent when the plan names none. */
export interface ValidatorOutcome {
  readonly findings: readonly Finding[];
  readonly output?: Payload;
  readonly outputError?: ErrorRecord;
}

export interface ComposerOutcome {
  readonly answer: Payload;
  readonly citations: readonly string[];
  readonly removedCitations: readonly string[];
  readonly output?: Payload;
}

export type NodeOutcome =
  | { readonly node: "planner"; readonly outcome: PlannerOutcome }
  | { readonly node: "router"; readonly outcome: RouterOutcome }
  | { readonly node: "validator"; readonly outcome: ValidatorOutcome }
  | { readonly node: "composer"; readonly outcome: ComposerOutcome };
