/** `agentmesh runs prune`: removes finished runs and the values that nothing refers to any more. */
import type { PruneOptions } from "@agentmesh/runtime";
import { durationArgument } from "../arguments/duration-argument.ts";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { megabytes } from "../models/pull-display.ts";
import { openStoreSession } from "../session.ts";

export async function pruneCommand(call: CommandCall): Promise<number> {
  const { options, output } = call;
  const age = options.get("older-than")?.at(-1);
  const query: PruneOptions = {
    ...(age === undefined ? {} : { olderThanMs: durationArgument("older-than", age) }),
    ...keepOf(options.get("keep")?.at(-1)),
    isDryRun: options.has("dry-run"),
    isCompacting: options.has("compact"),
  };
  await using mesh = await openStoreSession(call);
  const report = await mesh.prune(query);
  if (output.isJson) {
    output.document({ ...report, isDryRun: query.isDryRun });
    return EXIT.ok;
  }
  const { runs, events, values, bytes, cacheRows } = report;
  const verb = query.isDryRun === true ? "Would remove" : "Removed";
  output.resultLine(
    `${verb} ${runs} ${runs === 1 ? "run" : "runs"} (${events} events), ${values} values and ${cacheRows} rows of caches: ${megabytes(bytes)}.`,
  );
  if (query.olderThanMs === undefined && query.keep === undefined)
    output.say("Runs go only when you say which: --older-than 30d, --keep 1000, or both.");
  return EXIT.ok;
}

/** Throws UsageError. */
function keepOf(text: string | undefined): Pick<PruneOptions, "keep"> {
  if (text === undefined) return {};
  if (/^\d{1,9}$/.test(text)) return { keep: Number(text) };
  throw new UsageError(
    `--keep ${text} is not a count.`,
    "Give how many of the newest finished runs stay: --keep 1000.",
  );
}
