/** A model answered, and none of its answers was what was asked for. */
import { MeshError } from "@agentmesh/core";
import type { ModelUsage } from "@agentmesh/ports";
import type { OutputFinding } from "./output-finding.ts";

/** Characters of the last answer that an error shows. */
const PREVIEW_CHARACTERS_MAX = 500;
/** Findings that an error carries. */
const FINDINGS_MAX = 50;

export interface ModelOutputFailure {
  readonly model: string;
  readonly attempts: number;
  readonly findings: readonly OutputFinding[];
  /** The last answer. */
  readonly text: string;
  /** Of all attempts together. */
  readonly usage: ModelUsage;
}

/** Code AM_MODEL_OUTPUT_INVALID. `facts`: model, attempts, findings of the last answer, its beginning as `preview`. */
export class ModelOutputError extends MeshError {
  readonly findings: readonly OutputFinding[];
  readonly usage: ModelUsage;

  constructor(failure: ModelOutputFailure) {
    const { model, attempts, text, usage } = failure;
    const findings = failure.findings.slice(0, FINDINGS_MAX);
    const first = findings[0];
    const place = first === undefined || first.path === "" ? "" : ` at ${first.path}`;
    super({
      code: "AM_MODEL_OUTPUT_INVALID",
      message: `${model} gave no valid answer in ${attempts} ${attempts === 1 ? "attempt" : "attempts"}: ${first?.message ?? "unknown reason"}${place}`,
      hint: "Try a larger model for this role, raise its maxOutputTokens if the answer was cut, or state the goal more simply.",
      facts: {
        model,
        attempts,
        findings: findings.map(({ code, path, message }) => ({ code, path, message })),
        preview: previewOf(text),
      },
    });
    this.findings = findings;
    this.usage = usage;
  }
}

function previewOf(text: string): string {
  return text.length <= PREVIEW_CHARACTERS_MAX ? text : `${text.slice(0, PREVIEW_CHARACTERS_MAX)}...`;
}
