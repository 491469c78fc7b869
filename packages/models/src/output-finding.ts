/** What is wrong with a structured answer: a code for programs, a path for the model, a sentence for people. */

export interface OutputFinding {
  /** One of the codes below, or one of the validator's. */
  readonly code: string;
  /** JSON Pointer into the answer; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** No JSON in the answer. `CUT`: it stops before its end. `TOO_LARGE`: over OUTPUT_CHARACTERS_MAX. */
export type OutputFindingCode = "AM_MODEL_OUTPUT_NOT_JSON" | "AM_MODEL_OUTPUT_TRUNCATED" | "AM_MODEL_OUTPUT_TOO_LARGE";

export function outputFinding(code: OutputFindingCode, message: string): OutputFinding {
  return { code, path: "", message };
}
