/** Puts finished model calls into the journal: who asked, what was said, what it cost. */
import { type Json, MeshError, type ModelCallRecord } from "@agentmesh/core";
import type { ModelCallTrace } from "@agentmesh/models";
import { errorRecordOf } from "./error-record.ts";
import type { RunDriver } from "./run-driver.ts";

/** Whoever asked left before the answer was whole. */
class ModelCallLeftError extends MeshError {
  constructor() {
    super({
      code: "AM_MODEL_CANCELLED",
      message: "The answer was not read to its end.",
      hint: "Nothing to do.",
      facts: {},
    });
  }
}

/** `caller`: the node call (`planner#1`) or task attempt (`words#1`) that it belongs to. */
export function observeModelCall(driver: RunDriver, caller: string, trace: ModelCallTrace): void {
  const asked = driver.write(trace.request as unknown as Json);
  const said = driver.write(trace.text);
  const record: ModelCallRecord = {
    caller,
    model: trace.model,
    request: asked.payload,
    response: said.payload,
    usage: trace.usage,
    durationMs: trace.durationMs,
    ...(trace.firstDeltaMs === undefined ? {} : { firstDeltaMs: trace.firstDeltaMs }),
    ...endOf(driver, trace),
  };
  driver.feed({ type: "model-called", record }, asked, said);
}

function endOf(driver: RunDriver, { outcome }: ModelCallTrace): Pick<ModelCallRecord, "endReason" | "error"> {
  if (outcome.type === "ended") return { endReason: outcome.reason };
  const error = outcome.type === "failed" ? outcome.error : new ModelCallLeftError();
  return { error: errorRecordOf(error, driver.services.mask) };
}
