/** What every command that drives runs sets up around them: a mesh, somebody who tells how it goes on, and Ctrl-C. */
import type { Mesh } from "@agentmesh/runtime";
import type { CommandCall } from "../command-call.ts";
import { reporterFor, type RunReporter } from "../progress/run-reporter.ts";
import { RunInterrupt } from "../run-interrupt.ts";
import { openSession } from "../session.ts";

export interface Driving {
  readonly mesh: Mesh;
  readonly reporter: RunReporter;
  readonly interrupt: RunInterrupt;
}

export interface DrivingOptions {
  /** The run that is to go on, where it is not a new one. */
  readonly existing?: string;
  /** Absent: what suits the terminal. */
  readonly reporter?: RunReporter;
}

/** `work` returns the exit code. */
export async function driveRun(
  call: CommandCall,
  work: (driving: Driving) => Promise<number>,
  { existing, reporter = reporterFor(call.output) }: DrivingOptions = {},
): Promise<number> {
  await using mesh = await openSession(call);
  using interrupt = new RunInterrupt(reporter, call.output, existing);
  const stopServers = mesh.onServer((status) => reporter.server(status));
  try {
    return await work({ mesh, reporter, interrupt });
  } finally {
    stopServers();
    reporter.stop();
  }
}
