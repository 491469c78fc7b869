/** Puts finished model calls into the journal: who asked, what was said, what it cost. */
import type { Json, ModelCallRecord } from "@agentmesh/core";
import { errorRecordOf } from "./error-record.ts";
import type { RunDriver } from "./run-driver.ts";
import type { ObservedModelCall } from "./run-services.ts";

/** `caller`: the node call (`planner#1`) or task attempt (`words#1`) that it belongs to. */
export function observeModelCall(driver: RunDriver, caller: string, call: ObservedModelCall): void {
  const { request, response, error, ...rest } = call;
  const asked = driver.write(request as unknown as Json);
  const said = driver.write(response);
  const failure = error === undefined ? {} : { error: errorRecordOf(error, driver.services.mask) };
  const record: ModelCallRecord = { ...rest, caller, request: asked.payload, response: said.payload, ...failure };
  driver.feed({ type: "model-called", record }, asked, said);
}
