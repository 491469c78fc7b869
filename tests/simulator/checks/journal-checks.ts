/** The journal itself: without a gap, one terminal event, the last; stored by its owner only, and stored before anybody is told. */
import { isTerminal } from "@agentmesh/core";
import type { RunHistory } from "./run-history.ts";

export function checkJournal(history: RunHistory): void {
  checkSequence(history);
  checkOwners(history);
  checkPublications(history);
  checkCompleteness(history);
}

function checkSequence(history: RunHistory): void {
  const { rows } = history.record.world;
  const { stored } = history.record;
  if (stored.length !== rows.length)
    history.breach("I1 prefix", `${rows.length} events were committed, ${stored.length} are stored`);
  stored.forEach(({ seq, type, body }, index) => {
    const row = rows[index];
    if (seq !== index + 1) history.breach("I1 gapless", `event ${index + 1} has number ${seq}`);
    if (row !== undefined && (row.seq !== seq || row.type !== type || row.body !== body))
      history.breach("I1 prefix", `event ${seq} is not what was committed`);
  });
  const early = history.events.slice(0, -1).find(isTerminal);
  if (early !== undefined)
    history.breach("I4 one terminal event", `${early.type} is event ${early.seq} of ${stored.length}`);
}

function checkOwners(history: RunHistory): void {
  for (const { seq, process, isByOwner } of history.record.world.rows)
    if (!isByOwner) history.breach("fencing", `event ${seq} was stored by ${process}, which had lost the run`);
}

function checkPublications(history: RunHistory): void {
  const { rows, publications } = history.record.world;
  const last = new Map<string, number>();
  for (const { seq, order, listener, body } of publications) {
    const row = rows[seq - 1];
    if (row === undefined || row.order > order)
      history.breach("promise 1, write before show", `event ${seq} was shown to ${listener} before it was stored`);
    else if (body !== row.body)
      history.breach("promise 1, write before show", `event ${seq} was shown to ${listener} as another one`);
    const before = last.get(listener);
    if (before !== undefined && seq !== before + 1)
      history.breach("order of shown events", `${listener} saw event ${seq} after event ${before}`);
    last.set(listener, seq);
  }
}

/** Whoever lives on tells of everything that it has stored. */
function checkCompleteness(history: RunHistory): void {
  const { rows, publications, driverFailures } = history.record.world;
  if (driverFailures.length > 0 || !history.isCalm) return;
  const shown = new Set(publications.map(({ seq }) => seq));
  const hidden = rows.filter(({ seq }) => !shown.has(seq));
  if (hidden.length > 0) history.breach("every stored event is shown", `event ${hidden[0]?.seq} was not`);
}
