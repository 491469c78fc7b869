/** A step that does nothing, and ends as it is told to. */
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { StepEnd, Workload } from "./subject.ts";

const ENDS: Readonly<Record<StepEnd, () => Promise<unknown> | undefined>> = {
  now: () => undefined,
  timer: () => sleep(1),
  io: () => stat(import.meta.filename),
};

export interface StepOutput {
  readonly index: number;
  readonly text?: string;
}

/** What step `index` gives. */
export function stepWork({ end, outputBytes }: Workload): (index: number) => StepOutput | Promise<StepOutput> {
  return (index) => {
    const output = outputBytes === 0 ? { index } : { index, text: noise(outputBytes) };
    return ENDS[end]()?.then(() => output) ?? output;
  };
}

/** Nothing can make it smaller. */
function noise(length: number): string {
  return randomBytes(length).toString("base64").slice(0, length);
}
