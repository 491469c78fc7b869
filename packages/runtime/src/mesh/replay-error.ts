/** A stored run cannot be replayed as it was asked for. */
import { MeshError, payloadsOf, type RunEvent } from "@agentmesh/core";

/** So many are named in the message; the facts have more. */
const NAMED_MAX = 20;
const FACTS_MAX = 1_000;

/** A value that an event refers to and the store does not have. */
export interface LostEventValue {
  readonly hash: string;
  readonly seq: number;
  readonly type: string;
  readonly field: string;
}

/** The values that these events refer to and that are not there, in the order of the events. */
export function lostValues(events: readonly RunEvent[], isStored: (hash: string) => boolean): LostEventValue[] {
  const known = new Map<string, boolean>();
  const isThere = (hash: string): boolean => {
    const answer = known.get(hash) ?? isStored(hash);
    known.set(hash, answer);
    return answer;
  };
  return events.flatMap((event) =>
    payloadsOf(event)
      .filter(({ payload }) => payload.value === undefined && !isThere(payload.hash))
      .map(({ field, payload: { hash } }) => ({ hash, seq: event.seq, type: event.type, field })),
  );
}

/** Values of the run were pruned or lost: all of them are named. */
export class ValuesLostError extends MeshError {
  constructor(run: string, lost: readonly LostEventValue[]) {
    const [first] = lost;
    const before = (first?.seq ?? 1) - 1;
    const lines = lost
      .slice(0, NAMED_MAX)
      .map(({ seq, type, field, hash }) => `  event ${seq} (${type}): ${field} ${hash}`);
    if (lost.length > NAMED_MAX) lines.push(`  and ${lost.length - NAMED_MAX} more`);
    const some =
      before === 0
        ? ""
        : ` What comes before the first of them is replayed with: agentmesh replay ${run} --to ${before}`;
    super({
      code: "AM_VALUES_LOST",
      message: `${lost.length} of the values of ${run} are not in the store any more:\n${lines.join("\n")}`,
      hint: `They were pruned, or the store was damaged. The events themselves are whole: agentmesh show ${run} --events.${some}`,
      facts: { run, lost: lost.slice(0, FACTS_MAX).map((each) => ({ ...each })), count: lost.length },
    });
  }
}

/** The run does not have so many events. */
export class UnknownEventError extends MeshError {
  constructor(run: string, { asked, last }: { readonly asked: number; readonly last: number }) {
    super({
      code: "AM_UNKNOWN_EVENT",
      message: `There is no event ${asked} in ${run}: its newest is ${last}.`,
      hint: `Name an event from 1 to ${last}; see them with: agentmesh show ${run} --events`,
      facts: { run, seq: asked, last },
    });
  }
}
