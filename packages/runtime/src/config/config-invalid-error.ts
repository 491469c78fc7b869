/** The configuration says things that cannot be: all of them at once. Code AM_CONFIG_INVALID. */
import { ConfigError } from "./config-error.ts";
import { type ConfigProblem, describeProblem, problemFacts } from "./config-problem.ts";

/** A wrong file can be wrong everywhere; nobody reads more. */
const SHOWN_MAX = 20;

export class ConfigInvalidError extends ConfigError {
  readonly problems: readonly ConfigProblem[];

  /** `file`: absolute path of the file that was read, if any. `problems`: one at least. */
  constructor(file: string | undefined, problems: readonly ConfigProblem[]) {
    const shown = problems.slice(0, SHOWN_MAX).map((problem) => `  ${describeProblem(problem)}`);
    const more = problems.length - shown.length;
    const count = problems.length === 1 ? "one problem" : `${problems.length} problems`;
    super({
      code: "AM_CONFIG_INVALID",
      message: [
        `${file ?? "The configuration"} has ${count}:`,
        ...shown,
        ...(more > 0 ? [`  and ${more} more.`] : []),
      ].join("\n"),
      hint: "Correct what each line names; nothing was started.",
      facts: {
        ...(file === undefined ? {} : { file }),
        problems: problems.slice(0, SHOWN_MAX).map(problemFacts),
      },
    });
    this.problems = problems;
  }
}
