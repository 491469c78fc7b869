/** Watches over the model calls of a run: reserves what each may cost, and puts each that was made into the journal. */
import { type Json, MeshError, type ModelCallRecord } from "@agentmesh/core";
import type { ModelCallTrace } from "@agentmesh/models";
import { errorRecordOf } from "./error-record.ts";
import { costMicroUsd } from "./model-cost.ts";
import { reserveModelCall } from "./model-budget.ts";
import type { RunDriver } from "./run-driver.ts";
import type { ModelWatch, ObservedCall } from "./run-services.ts";

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

/** `caller`: the node call (`planner#1`) or task attempt (`words#1`) that the calls belong to. */
export function watchModelCalls(driver: RunDriver, caller: string): ModelWatch {
  return {
    caller,
    reserve: (call) => reserveModelCall(driver, caller, call),
    observe: (call) => record(driver, caller, call),
    note: (message) => driver.show({ type: "node.note", call: caller, message }),
  };
}

function record(driver: RunDriver, caller: string, { trace, reservation, price }: ObservedCall): void {
  const asked = driver.write(trace.request as unknown as Json);
  const said = driver.write(trace.text);
  const called: ModelCallRecord = {
    caller,
    model: trace.model,
    request: asked.payload,
    response: said.payload,
    usage: trace.usage,
    durationMs: trace.durationMs,
    ...(trace.firstDeltaMs === undefined ? {} : { firstDeltaMs: trace.firstDeltaMs }),
    ...(reservation === undefined ? {} : { reservation }),
    ...(price === undefined ? {} : { costMicroUsd: costMicroUsd(price, trace.usage) }),
    ...(trace.cache === undefined ? {} : { cache: trace.cache }),
    ...endOf(driver, trace),
  };
  driver.feed({ type: "model-called", record: called }, asked, said);
}

function endOf(driver: RunDriver, { outcome }: ModelCallTrace): Pick<ModelCallRecord, "endReason" | "error"> {
  if (outcome.type === "ended") return { endReason: outcome.reason };
  const error = outcome.type === "failed" ? outcome.error : new ModelCallLeftError();
  return { error: errorRecordOf(error, driver.services.mask) };
}
