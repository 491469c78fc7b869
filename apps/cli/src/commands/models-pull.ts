/** `agentmesh models pull`: says what it would fetch and under which terms, asks, fetches. */
import { DEFAULT_LOCAL_MODEL } from "@agentmesh/models";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { downloadNotice, pullLocalModel } from "../models/local-model.ts";
import { statusMark } from "../progress/status-mark.ts";
import { isAgreed } from "../terminal/confirmation.ts";
import { reportError } from "../terminal/report-error.ts";

export async function pullCommand({ operands, options, output }: CommandCall): Promise<number> {
  const name = operands[1] ?? DEFAULT_LOCAL_MODEL;
  const notice = await downloadNotice(name);
  const isYes = options.has("yes");
  if (notice !== undefined && isYes) output.say(`Fetching ${notice}`);
  if (notice !== undefined && !(await isAgreed({ what: `fetch ${notice}`, isYes }, output))) return EXIT.ok;
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
