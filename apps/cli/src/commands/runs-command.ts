/** `agentmesh runs`: the runs in the store, newest first. */
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { dateText } from "../progress/duration-text.ts";
import { statusMark, statusWord } from "../progress/status-mark.ts";
import { openSession } from "../session.ts";
import { tableLines } from "../terminal/table.ts";

const LIMIT = 50;
const LIMIT_MAX = 100_000;

export async function runsCommand(call: CommandCall): Promise<number> {
  const limit = limitOf(call.options.get("limit")?.at(-1));
  await using mesh = await openSession(call);
  const runs = await mesh.runs({ limit });
  const { output } = call;
  if (output.isJson) {
    output.document({ runs: runs.map(({ run, status, name, createdAtMs }) => ({ run, status, name, createdAtMs })) });
    return EXIT.ok;
  }
  const rows = runs.map(({ run, status, name, createdAtMs }) => [
    statusMark(status),
    run,
    statusWord(status),
    dateText(createdAtMs),
    name,
  ]);
  for (const line of tableLines(rows)) output.resultLine(...line);
  if (runs.length === 0) output.say('There are no runs yet. Start one with: agentmesh run "..."');
  return EXIT.ok;
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return LIMIT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0 && limit <= LIMIT_MAX) return limit;
  throw new UsageError(`--limit ${text} is not a count.`, `Give a whole number from 1 to ${LIMIT_MAX}.`);
}
