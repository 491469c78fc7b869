/** Whether everything that an older copy of a store holds is still there, unchanged: journals only grow. */
import type { StoreReader } from "./store-reader.ts";
import type { StoredRow, StoredRun } from "./stored-row.ts";
import type { Violation } from "./verification.ts";

export function comparePrefixes(
  store: StoreReader,
  old: StoreReader,
  isChosen: (run: string) => boolean,
): readonly Violation[] {
  return old
    .runs()
    .filter(({ id }) => isChosen(id))
    .flatMap((before) => compareRun(store, old, before));
}

function compareRun(store: StoreReader, old: StoreReader, before: StoredRun): readonly Violation[] {
  const run = store.run(before.id);
  if (run === undefined)
    return [{ run: before.id, seq: 0, code: "AM_PREFIX_LOST", message: "It was in the older copy, and is gone." }];
  const rows = store.rows(run);
  for (const row of old.rows(before)) {
    const { value: now } = rows.next();
    if (now !== undefined && isSame(row, now)) continue;
    const what = now === undefined ? "is gone" : "was changed";
    return [
      { run: before.id, seq: row.seq, code: "AM_PREFIX_CHANGED", message: `The event in the older copy ${what}.` },
    ];
  }
  return [];
}

function isSame(left: StoredRow, right: StoredRow): boolean {
  return left.seq === right.seq && left.type === right.type && left.atMs === right.atMs && left.body === right.body;
}
