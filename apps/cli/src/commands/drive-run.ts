/** What every command that drives runs sets up around them: a mesh, somebody who tells how it goes on, and Ctrl-C. */
import type { Mesh } from "@agentmesh/runtime";
import type { CommandCall } from "../command-call.ts";
import { reporterFor, type RunReporter } from "../progress/run-reporter.ts";
import { RunInterrupt } from "../run-interrupt.ts";
import { openSession } from "../session.ts";
import type { Output } from "../terminal/output.ts";

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

type DrivingWork = (driving: Driving) => Promise<number>;

/** `work` returns the exit code. */
export async function driveRun(call: CommandCall, work: DrivingWork, options: DrivingOptions = {}): Promise<number> {
  await using mesh = await openSession(call);
  const exitCode = await driveOn(mesh, work, { ...options, output: call.output });
  await mesh.idle(); // a run that has ended may have let the one go on that had started it
  return exitCode;
}

/** The same with a mesh that is open. */
export async function driveOn(
  mesh: Mesh,
  work: DrivingWork,
  { existing, output, reporter = reporterFor(output) }: DrivingOptions & { readonly output: Output },
): Promise<number> {
  using interrupt = new RunInterrupt(reporter, output, existing);
  const stopServers = mesh.onServer((status) => reporter.server(status));
  try {
    return await work({ mesh, reporter, interrupt });
  } finally {
    stopServers();
    reporter.stop();
  }
}
