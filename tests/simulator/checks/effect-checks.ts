/** The world outside against the journal: no effect without a stored intent, none twice in silence, no result made up. */
import { canonicalJson } from "@agentmesh/core";
import type { LedgerCall } from "../effect-ledger.ts";
import { isSafe } from "../simulated-tools.ts";
import { hashOf, type RunHistory, type TaskEvent } from "./run-history.ts";

const GENERATE = "mesh.generate";

export function checkEffects(history: RunHistory): void {
  const terminal = history.events.at(-1);
  const overOrder = history.record.waits.status === "over" ? history.orderOf(terminal?.seq ?? 0) : Infinity;
  for (const calls of history.callsOf.values()) {
    calls.forEach((call, index) => {
      checkIntent(history, call, overOrder);
      checkOutcome(history, call);
      const next = calls[index + 1];
      if (next !== undefined) checkRepetition(history, call, next);
    });
  }
  checkKeys(history);
  checkResults(history);
  checkNodeCalls(history);
}

function name({ task, attempt, number, tool }: LedgerCall): string {
  return `call ${number}, ${tool} for "${task}" attempt ${attempt}`;
}

function checkIntent(history: RunHistory, call: LedgerCall, overOrder: number): void {
  const started = find(history, call, (event) => event.type === "task.started");
  if (started?.type !== "task.started" || history.orderOf(started.seq) > call.order)
    return history.breach("promise 1, stored before done", `${name(call)} was made before its start was stored`);
  if (call.order > overOrder) history.breach("I5 nothing begins after the end", name(call));
  if (started.args.hash !== hashOf(call.args))
    history.breach("what was stored is what is done", `${name(call)} has other arguments than its start`);
}

/** What became of the attempt. */
function settleOf(history: RunHistory, call: LedgerCall): TaskEvent | undefined {
  return find(history, call, ({ type }) => type !== "task.started");
}

function find(
  history: RunHistory,
  { task, attempt }: LedgerCall,
  matches: (event: TaskEvent) => boolean,
): TaskEvent | undefined {
  return history.taskEvents
    .get(task)
    ?.find((event) => "attempt" in event && event.attempt === attempt && matches(event));
}

/** Nobody knows what became of it, and doing it again could do harm: that is doubt, and nothing else. */
function checkOutcome(history: RunHistory, call: LedgerCall): void {
  if (call.tool === GENERATE || isSafe(call.effect)) return;
  if (call.answer !== "none" && call.answer !== "unknown") return;
  const settle = settleOf(history, call);
  if (settle?.type === "task.in_doubt") return;
  if (settle === undefined && history.record.waits.status !== "over" && history.record.isEndless) return;
  history.breach("I3 unknown means in doubt", `${name(call)} ended as ${settle?.type ?? "nothing"}`);
}

function checkRepetition(history: RunHistory, first: LedgerCall, second: LedgerCall): void {
  const what = `${name(second)} after ${name(first)}`;
  if (first.attempt === second.attempt) return history.breach("I2 one call an attempt", what);
  const settle = settleOf(history, first);
  if (settle === undefined) return history.breach("I3 no silent repetition", `${what}: nothing was stored between`);
  const isSameKey = first.key === second.key;
  if (settle.type === "task.in_doubt") {
    if (!isSameKey) history.breach("promise 3, one key while in doubt", `${what}: the key has changed`);
  } else if (settle.type === "task.retried") checkRetry(history, { first, second, cause: settle.cause });
  else history.breach("I2 what is over stays over", `${what}: it ended as ${settle.type}`);
}

interface Retry {
  readonly first: LedgerCall;
  readonly second: LedgerCall;
  readonly cause: string;
}

function checkRetry(history: RunHistory, { first, second, cause }: Retry): void {
  const what = `${name(second)} after ${name(first)}, as ${cause}`;
  const isSameKey = first.key === second.key;
  if (cause === "doubt" || cause === "recovery") {
    if (!isSafe(first.effect) && first.answer !== "refused") history.breach("I3 no silent repetition", what);
    if (!isSameKey) history.breach("promise 3, one key while in doubt", `${what}: the key has changed`);
  } else checkNewCall(history, { first, second, cause });
}

function checkNewCall(history: RunHistory, { first, second, cause }: Retry): void {
  const what = `${name(second)} after ${name(first)}, as ${cause}`;
  if (first.key === second.key) history.breach("promise 3, a new call has a new key", what);
  if (first.tool === GENERATE) return;
  if (cause === "failover") checkFailOver(history, { first, what });
  const isKnown = first.answer === "failed" || first.answer === "refused" || first.answer === "ok";
  if (!isKnown && !isSafe(first.effect)) history.breach("I3 no silent repetition", what);
  if (!isKnown && cause === "error") history.breach("promise 3, one key while in doubt", what);
}

/** Another tool may follow what has only read, or what is known to have done nothing or to have failed. */
function checkFailOver(
  history: RunHistory,
  { first, what }: { readonly first: LedgerCall; readonly what: string },
): void {
  const row = history.callsOf.get(first.task)?.filter(({ key }) => key === first.key) ?? [];
  const isKnown = row.every(({ answer }) => answer === "failed" || answer === "refused");
  if (first.effect !== "read" && !isKnown) history.breach("I3 no fail-over in doubt", what);
  if (first.effect !== "read" && first.answer !== "refused") history.breach("I3 a write fails over unsent only", what);
}

/** Each effect that was not asked for again by name happens once for its key. */
function checkKeys(history: RunHistory): void {
  const effects = new Map<string, number>();
  const owners = new Map<string, string>();
  for (const call of history.record.world.ledger.calls) {
    if ((owners.get(call.key) ?? call.task) !== call.task)
      history.breach("promise 3, a key is one task's", `${call.key} is used by "${call.task}" too`);
    owners.set(call.key, call.task);
    if (!isSafe(call.effect)) effects.set(call.key, (effects.get(call.key) ?? 0) + call.effects);
  }
  for (const [key, count] of effects) {
    const task = owners.get(key) ?? "";
    const asked = history.taskEvents
      .get(task)
      ?.filter((event) => event.type === "task.resolved" && event.as === "retry");
    if (count > 1 + (asked?.length ?? 0)) history.breach("I3 one effect a key", `${key} had ${count} effects`);
  }
}

function checkResults(history: RunHistory): void {
  for (const event of history.events) {
    if (event.type !== "task.succeeded" || event.output === undefined || event.attempt === 0) continue;
    const calls = history.callsOf.get(event.task);
    if (calls === undefined) continue; // a wait or a question: its checks are elsewhere
    const call = calls.find(({ attempt }) => attempt === event.attempt);
    if (call?.answer !== "ok" || call.value === undefined)
      history.breach(
        "results come from calls",
        `event ${event.seq}: "${event.task}" attempt ${event.attempt} gave none`,
      );
    else if (hashOf(canonicalJson(call.value)) !== event.output.hash && history.isCalm)
      history.breach("results come from calls", `event ${event.seq}: ${canonicalJson(call.value)} was another`);
  }
}

function checkNodeCalls(history: RunHistory): void {
  for (const { call, order } of history.record.world.ledger.nodeCalls) {
    const newest = history.events.findLast(
      (event) =>
        event.type.startsWith("node.") && "node" in event && event.node === call && history.orderOf(event.seq) < order,
    );
    if (newest?.type !== "node.started")
      history.breach(
        "promise 1, stored before done",
        `the ${call} was called when its newest event was ${newest?.type ?? "none"}`,
      );
  }
}
