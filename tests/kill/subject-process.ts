/** Starts subjects, and waits for their end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { BuiltPrograms } from "../built-programs.ts";
import type { SubjectOrder, SubjectReport } from "./subject-order.ts";

/** No subject lives that long; one that does hangs. */
const LIFE_MS_MAX = 60_000;

export interface SubjectEnd {
  /** It has killed itself, as it was told. */
  readonly isKilled: boolean;
  /** Absent when it was killed or failed. */
  readonly report?: SubjectReport;
  /** Why it failed; absent when it did not. */
  readonly failure?: string;
}

/** `programs`: with the subject among them. */
export async function runSubject(programs: BuiltPrograms, order: SubjectOrder): Promise<SubjectEnd> {
  const subject = spawn(process.execPath, [programs.pathOf("subject"), JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: programs.environment,
    timeout: LIFE_MS_MAX,
    killSignal: "SIGTERM", // tells a subject that hangs from one that has killed itself
  });
  const [output, errors] = await Promise.all([text(subject.stdout), text(subject.stderr), once(subject, "exit")]);
  if (subject.signalCode === "SIGKILL") return { isKilled: true };
  if (subject.exitCode === 0) return { isKilled: false, report: JSON.parse(output) as SubjectReport };
  const why = subject.signalCode === null ? `exit ${subject.exitCode}` : `ended after ${LIFE_MS_MAX} ms`;
  return { isKilled: false, failure: `${why}: ${errors.trim().split("\n").slice(0, 12).join("\n")}` };
}
