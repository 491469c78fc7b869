/** The commands of people, with their values in plain JSON; the same for a run's handle and for a mesh. */
import type { Json, JsonObject, RunCommand } from "@agentmesh/core";
import { commandPayload } from "./command-payload.ts";

export interface ApproveOptions {
  /** Arguments to call with instead of those that were asked for; for `budget`: `{ limit }`. */
  readonly args?: JsonObject;
  readonly note?: string;
}

export interface ResolveOptions {
  readonly as: "done" | "retry" | "fail";
  /** What the call has given, for `done`. */
  readonly output?: Json;
}

/** `approval`: a task's key, `plan` or `budget`. */
export function approveCommand(approval: string, { args, note }: ApproveOptions): RunCommand {
  return {
    type: "approve",
    approval,
    ...(args === undefined ? {} : { args: commandPayload(args) }),
    ...(note === undefined ? {} : { note }),
  };
}

export function rejectCommand(approval: string, note: string | undefined): RunCommand {
  return { type: "reject", approval, ...(note === undefined ? {} : { note }) };
}

export function resolveCommand(task: string, { as, output }: ResolveOptions): RunCommand {
  return { type: "resolve", task, as, ...(output === undefined ? {} : { output: commandPayload(output) }) };
}

export function signalCommand(name: string, data: Json, kind: "signal" | "event"): RunCommand {
  return { type: "signal", kind, name, data: commandPayload(data) };
}
