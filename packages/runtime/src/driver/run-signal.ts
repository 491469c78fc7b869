/** What viewers of a run are told: stored events, and what is only shown while it happens. */
import type { RunEvent } from "@agentmesh/core";

/** Streamed, never stored: no sequence number (DESIGN 3). Its end result is in a stored event. */
export type EphemeralEvent =
  | {
      readonly v: 1;
      readonly type: "answer.delta";
      readonly atMs: number;
      readonly run: string;
      readonly delta: string;
    }
  | {
      readonly v: 1;
      readonly type: "node.delta";
      readonly atMs: number;
      readonly run: string;
      readonly call: string;
      readonly kind: "text" | "reasoning";
      readonly delta: string;
    }
  | {
      readonly v: 1;
      readonly type: "node.note";
      readonly atMs: number;
      readonly run: string;
      readonly call: string;
      readonly message: string;
    }
  | {
      readonly v: 1;
      readonly type: "task.progress";
      readonly atMs: number;
      readonly run: string;
      readonly task: string;
      readonly progress: number;
      readonly total?: number;
      readonly message?: string;
    };

export type RunSignal = RunEvent | EphemeralEvent;

/** What an ephemeral event says, before the driver's stamp. */
export type EphemeralDraft = {
  [Type in EphemeralEvent["type"]]: Omit<Extract<EphemeralEvent, { type: Type }>, "v" | "atMs" | "run">;
}[EphemeralEvent["type"]];
