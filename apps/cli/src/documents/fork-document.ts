/** What a fork would do, as `fork --json` prints it. */
import type { ForkPlan, Json, Payload } from "@agentmesh/core";

export interface ForkDocumentOptions {
  readonly read: (payload: Payload) => Json | undefined;
}

export function forkDocument(
  { origin, status, reused, runs, repeats }: ForkPlan,
  { read }: ForkDocumentOptions,
): object {
  return {
    type: "fork.preview",
    ...origin,
    status,
    reused: reused.map(({ task, as, from }) => ({ task, as, seq: from.seq })),
    runs,
    repeats: repeats.map(({ args, ...repeat }) => ({
      ...repeat,
      ...(args === undefined ? {} : { args: read(args) ?? { $lost: true, hash: args.hash } }),
    })),
    idempotencyKeys: "new",
  };
}
