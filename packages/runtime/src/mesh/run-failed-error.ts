/** Thrown by `run.answer` when the run has no answer to give. */
import { MeshError } from "@agentmesh/core";
import type { RunResult } from "./run-result.ts";

export class RunFailedError extends MeshError {
  readonly result: RunResult;

  constructor(result: RunResult) {
    super({
      code: result.error?.code ?? "AM_RUN_NOT_SUCCEEDED",
      message: result.error?.message ?? `The run ${result.run} is ${result.status}.`,
      hint: result.error?.hint ?? `Look at it with: agentmesh show ${result.run}`,
      facts: { run: result.run, status: result.status, ...result.error?.facts },
    });
    this.result = result;
  }
}
