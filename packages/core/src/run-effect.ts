/**
 * What the events ask the driver to do. `resolve-task` is pure computation over stored values and is done at once;
 * the others wait until the events before them are durable.
 */
import type { NodeName } from "./node-name.ts";
import type { Payload } from "./payload.ts";

export type RunEffect =
  | { readonly type: "run-node"; readonly node: NodeName; readonly call: string }
  | { readonly type: "resolve-task"; readonly task: string }
  | { readonly type: "call-tool"; readonly task: string; readonly attempt: number; readonly idempotencyKey: string }
  /** What a server has asked in the middle of a call is answered. `expire`: nobody did in time. */
  | {
      readonly type: "answer-input";
      readonly task: string;
      readonly attempt: number;
      readonly as: "accept" | "decline" | "expire";
      readonly content: Payload | undefined;
    }
  | { readonly type: "cancel-calls" }
  /** A child that waits for somebody: once it goes on, the run is to hear of it (`continue`). */
  | { readonly type: "watch-child"; readonly child: string }
  /** The same, when this run ends: it is told to end, which is answered with `child-ended`. */
  | { readonly type: "end-child"; readonly child: string }
  | { readonly type: "wake"; readonly atMs: number };
