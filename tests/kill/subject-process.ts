/** Starts subjects, and waits for their end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { rolldown } from "rolldown";
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

export class SubjectProgram {
  readonly #program: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(folder: string) {
    this.#program = join(folder, "subject.js");
    this.#environment = { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") };
  }

  /** All of it in few files: a process that loads them costs a third of one that loads every source. */
  static async build(folder: string): Promise<SubjectProgram> {
    const input = join(import.meta.dirname, "subject.ts");
    await using build = await rolldown({ input, platform: "node", logLevel: "silent" });
    await build.write({ dir: folder, format: "esm" });
    return new SubjectProgram(folder);
  }

  async run(order: SubjectOrder): Promise<SubjectEnd> {
    const subject = spawn(process.execPath, [this.#program, JSON.stringify(order)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: this.#environment,
      timeout: LIFE_MS_MAX,
      killSignal: "SIGTERM", // tells a subject that hangs from one that has killed itself
    });
    const [output, errors] = await Promise.all([text(subject.stdout), text(subject.stderr), once(subject, "exit")]);
    if (subject.signalCode === "SIGKILL") return { isKilled: true };
    if (subject.exitCode === 0) return { isKilled: false, report: JSON.parse(output) as SubjectReport };
    const why = subject.signalCode === null ? `exit ${subject.exitCode}` : `ended after ${LIFE_MS_MAX} ms`;
    return { isKilled: false, failure: `${why}: ${errors.trim().split("\n").slice(0, 12).join("\n")}` };
  }
}
