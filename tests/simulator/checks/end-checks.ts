/** Every run ends, or waits for a name; whatever went wrong in between has a fault behind it. */
import { MeshError } from "@agentmesh/core";
import type { RunHistory } from "./run-history.ts";

/** What no plan, tool or person can bring about. */
const OWN_MISTAKES = new Set(["AM_INTERNAL", "AM_VALUE_LOST", "AM_JOURNAL_ORDER"]);

export function checkEnd(history: RunHistory): void {
  const { violations, world } = history.record;
  for (const violation of violations) history.breach("I9 the state is the fold", violation);
  for (const failure of world.failures) history.breach("no error is lost", String(failure));
  for (const failure of world.driverFailures)
    if (!isExcused(history, failure)) history.breach("drivers fail for a reason", String(failure));
  for (const event of history.events)
    if ("error" in event && OWN_MISTAKES.has(event.error?.code ?? ""))
      history.breach("errors come from outside", `event ${event.seq}, ${event.type}: ${event.error?.message ?? ""}`);
  checkLiveness(history);
}

function checkLiveness(history: RunHistory): void {
  const { waits, isEndless } = history.record;
  if (isEndless) history.breach("I10 the clock comes to rest", "it had appointments for ever");
  if (waits.status === "none" || waits.status === "running")
    history.breach("I11 every run ends or waits for a name", `it is ${waits.status}`);
  if (waits.status === "suspended" && !waits.isWaiting)
    history.breach("I11 every run ends or waits for a name", "it waits for nothing");
}

/** A driver may give a run up when its store fails, or when another owner has taken the run while it was stopped. */
function isExcused({ record }: RunHistory, failure: unknown): boolean {
  if (!(failure instanceof MeshError)) return false;
  const { struck, hasClockJump } = record.world;
  const hasBrokenStore = struck["fail-commit"] !== undefined || struck["fail-begin"] !== undefined;
  if (failure.code.startsWith("AM_STORE_")) return hasBrokenStore;
  return failure.code === "AM_JOURNAL_CONFLICT" && (hasClockJump || hasBrokenStore || struck["stop"] !== undefined);
}
