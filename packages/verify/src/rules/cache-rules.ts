/** What a cache gave was neither called nor paid for, and says whose result it is. */
import { countOf, type JournalEvent, textOf } from "../journal-event.ts";
import type { RunHistory } from "../run-history.ts";
import { type Fault, faultUnless, NO_FAULTS } from "../verification.ts";

type Document = Readonly<Record<string, unknown>>;

/** Before the event is folded. */
export function cacheFaults(history: RunHistory, event: JournalEvent): readonly Fault[] {
  const { cache, usage } = event.fields;
  if (cache === undefined) return NO_FAULTS;
  if (event.type === "task.succeeded") return resultFaults(history, event, cache as Document);
  const { inputTokens, outputTokens } = (usage ?? {}) as Document;
  const isFree = inputTokens === 0 && outputTokens === 0 && countOf(event, "costMicroUsd") === 0;
  const isPlain = cache === "hit" && event.type === "model.called" && textOf(event, "reservation") === "";
  return faultUnless(isFree && isPlain, "AM_CACHE_HIT", "An answer of the cache is said to have cost something.");
}

/** It takes the place of a call that was about to be made. */
function resultFaults(history: RunHistory, event: JournalEvent, { run, ageMs }: Document): readonly Fault[] {
  const key = textOf(event, "task");
  const isSaid = typeof run === "string" && Number.isInteger(ageMs) && Number(ageMs) >= 0;
  const isOpen = history.task(key)?.phase === "open";
  return [
    ...faultUnless(isSaid, "AM_CACHE_HIT", `"${key}" does not say whose result it was given.`),
    ...faultUnless(isOpen, "AM_CACHE_HIT", `"${key}" was given an earlier result, and no call was due.`),
  ];
}
