/** Asks a person whether something may happen: on a terminal with a question, elsewhere by `--yes` alone. */
import { createInterface } from "node:readline/promises";
import { ConfirmationNeededError } from "./confirmation-needed-error.ts";
import type { Output } from "./output.ts";

export interface Question {
  /** What would happen, as a verb with its object: "fetch 200 MB". */
  readonly what: string;
  /** `--yes` was given. */
  readonly isYes: boolean;
}

/** Throws ConfirmationNeededError where nobody can be asked. */
export async function isAgreed({ what, isYes }: Question, output: Output): Promise<boolean> {
  if (isYes) return true;
  if (!process.stdin.isTTY || !output.stderr.isTTY) throw new ConfirmationNeededError(what);
  const prompt = createInterface({ input: process.stdin, output: output.stderr });
  try {
    const answer = await prompt.question(`${what.slice(0, 1).toUpperCase()}${what.slice(1)}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
