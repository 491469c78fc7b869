/** The value of `--format`: one that there is, one that is not there yet, or a mistake. */
import { suggestion } from "@agentmesh/core";
import type { CommandCall } from "../command-call.ts";
import { UsageError } from "./usage-error.ts";

export interface FormatChoice<Format extends string> {
  /** The first is meant when nothing is said. */
  readonly known: readonly [Format, ...Format[]];
  /** What will come: the format, and what to do until then. */
  readonly planned: Readonly<Record<string, string>>;
}

/** Throws UsageError. */
export function outputFormat<Format extends string>(
  { options }: Pick<CommandCall, "options">,
  { known, planned }: FormatChoice<Format>,
): Format {
  const text = options.get("format")?.at(-1) ?? known[0];
  const format = known.find((one) => one === text);
  if (format !== undefined) return format;
  if (Object.hasOwn(planned, text)) throw new UsageError(`The format ${text} is not written yet.`, planned[text] ?? "");
  const hint = `${suggestion(text, known)} Formats: ${known.join(", ")}.`.trim();
  throw new UsageError(`There is no format "${text}".`, hint);
}
