/** One thing that doctor has looked at. */
import { MeshError } from "@agentmesh/core";
import { EXIT, exitCodeOf } from "../exit-code.ts";

export interface DoctorCheck {
  readonly name: string;
  readonly status: "ok" | "warning" | "failed";
  readonly detail: string;
  /** Of the error, when it failed. */
  readonly code?: string;
  readonly hint?: string;
}

export type ReportCheck = (check: DoctorCheck) => void;

export function failedCheck(name: string, error: unknown): DoctorCheck {
  const code = error instanceof MeshError ? error.code : "AM_INTERNAL";
  const detail = error instanceof Error ? error.message : String(error);
  return { name, status: "failed", code, detail, ...(error instanceof MeshError ? { hint: error.hint } : {}) };
}

/** A broken configuration or store counts before servers and models that are not there. */
export function exitCodeOfChecks(checks: readonly DoctorCheck[]): number {
  const failed = checks.filter(({ status }) => status === "failed");
  if (failed.length === 0) return EXIT.ok;
  return failed.some(({ code }) => exitCodeOf(code ?? "") === EXIT.usage) ? EXIT.usage : EXIT.unreachable;
}
