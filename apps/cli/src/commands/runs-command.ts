/** `agentmesh runs`: the runs in the store, newest first; `runs prune` is in prune-command.ts. */
import { type PublicRunStatus, suggestion } from "@agentmesh/core";
import type { Mesh } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { dateText } from "../progress/duration-text.ts";
import { statusMark, statusWord } from "../progress/status-mark.ts";
import { openSession } from "../session.ts";
import { tableLines } from "../terminal/table.ts";
import { waitText } from "../progress/wait-text.ts";

const LIMIT = 50;
const LIMIT_MAX = 100_000;

/** Of so many suspended runs it is said what they wait for: each has to be read. */
const EXPLAINED_MAX = 20;
const STATUSES: readonly PublicRunStatus[] = ["running", "suspended", "succeeded", "failed", "cancelled"];

type RunSummary = Awaited<ReturnType<Mesh["runs"]>>[number];

export async function runsCommand(call: CommandCall): Promise<number> {
  const [word] = call.operands;
  if (word === "prune") return await (await import("./prune-command.ts")).pruneCommand(call);
  if (word !== undefined)
    throw new UsageError(`There is no "runs ${word}".`, `${suggestion(word, ["prune"])} See: agentmesh runs --help`);
  const limit = limitOf(call.options.get("limit")?.at(-1));
  const wanted = statusOf(call.options.get("status")?.at(-1));
  await using mesh = await openSession(call);
  const all = await mesh.runs({ limit: wanted === undefined ? limit : LIMIT_MAX });
  const runs = all.filter(({ status }) => wanted === undefined || status === wanted).slice(0, limit);
  const { output } = call;
  if (output.isJson) {
    output.document({ runs: runs.map(({ run, status, name, createdAtMs }) => ({ run, status, name, createdAtMs })) });
    return EXIT.ok;
  }
  const waits = await waitsOf(runs, mesh);
  const rows = runs.map(({ run, status, name, createdAtMs }) => [
    statusMark(status),
    run,
    statusWord(status),
    dateText(createdAtMs),
    name,
    waits.get(run) ?? "",
  ]);
  for (const line of tableLines(rows)) output.resultLine(...line);
  if (runs.length > 0) return EXIT.ok;
  if (wanted === undefined) output.say('There are no runs yet. Start one with: agentmesh run "..."');
  else output.say(`No run is ${wanted}.`);
  return EXIT.ok;
}

/** What the newest suspended runs wait for, in words. */
async function waitsOf(runs: readonly RunSummary[], mesh: Mesh): Promise<ReadonlyMap<string, string>> {
  const suspended = runs.filter(({ status }) => status === "suspended").slice(0, EXPLAINED_MAX);
  const nowMs = Date.now();
  const texts = suspended.map(async ({ run }) => {
    const [first, ...more] = (await mesh.show(run)).waits;
    const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
    return [run, first === undefined ? "" : `${first.name} waits ${waitText(first, nowMs)}${others}`] as const;
  });
  return new Map(await Promise.all(texts));
}

function statusOf(text: string | undefined): PublicRunStatus | undefined {
  const status = STATUSES.find((known) => known === text);
  if (text === undefined || status !== undefined) return status;
  throw new UsageError(`--status ${text} is no status of a run.`, suggestion(text, STATUSES));
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return LIMIT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0 && limit <= LIMIT_MAX) return limit;
  throw new UsageError(`--limit ${text} is not a count.`, `Give a whole number from 1 to ${LIMIT_MAX}.`);
}
