/** `agentmesh models pull`: says what it would fetch and under which terms, asks, fetches. */
import { createInterface } from "node:readline/promises";
import { DEFAULT_LOCAL_MODEL } from "@agentmesh/models";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { ConfirmationNeededError } from "../models/confirmation-needed-error.ts";
import { downloadNotice, pullLocalModel } from "../models/local-model.ts";
import { statusMark } from "../progress/status-mark.ts";
import type { Output } from "../terminal/output.ts";
import { reportError } from "../terminal/report-error.ts";

export async function pullCommand({ operands, options, output }: CommandCall): Promise<number> {
  const name = operands[1] ?? DEFAULT_LOCAL_MODEL;
  const notice = await downloadNotice(name);
  if (notice !== undefined && !(await isAgreed(notice, options.has("yes"), output))) return EXIT.ok;
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once("SIGINT", stop);
  try {
    const { file, isNew } = await pullLocalModel(name, { output, signal: interrupt.signal });
    if (output.isJson) output.document({ model: name, file, isNew });
    else output.say(statusMark("ok"), isNew ? ` fetched ${name}: ` : ` ${name} is here: `, file);
    return EXIT.ok;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    reportError(error, output);
    return EXIT.interrupted;
  } finally {
    process.off("SIGINT", stop);
  }
}

/** Throws ConfirmationNeededError where nobody can be asked. */
async function isAgreed(notice: string, isYes: boolean, output: Output): Promise<boolean> {
  if (isYes) {
    output.say(`Fetching ${notice}`);
    return true;
  }
  if (!process.stdin.isTTY || !output.stderr.isTTY) throw new ConfirmationNeededError(notice);
  const prompt = createInterface({ input: process.stdin, output: output.stderr });
  try {
    const answer = await prompt.question(`Fetch ${notice}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
