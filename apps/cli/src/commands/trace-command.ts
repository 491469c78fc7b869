/** `agentmesh trace export`: where a run's time went, as a file for Perfetto or as JSON. */
import { chromeTrace, type RunTrace, traceDocument } from "@agentmesh/core";
import { outputFormat } from "../arguments/output-format.ts";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { writeOutputFile } from "../documents/output-file.ts";
import { EXIT } from "../exit-code.ts";
import { openSession } from "../session.ts";
import { jsonText } from "../terminal/output.ts";

const FORMATS = {
  known: ["chrome", "json"],
  planned: { otlp: "Until then: --format chrome for Perfetto, --format json for programs." },
} as const;
type Format = (typeof FORMATS.known)[number];

export async function traceCommand(call: CommandCall): Promise<number> {
  const run = runOf(call);
  const format = outputFormat<Format>(call, FORMATS);
  await using mesh = await openSession(call);
  const trace = await mesh.trace(run);
  const text = `${jsonText(format === "chrome" ? chromeTrace(trace) : traceDocument(trace))}\n`;
  const file = call.options.get("output")?.at(-1);
  if (file === undefined) call.output.stdout.write(text);
  else await writeOutputFile(file, text);
  report(trace, { call, format, file });
  return EXIT.ok;
}

/** Throws UsageError. */
function runOf({ operands: [verb, run] }: CommandCall): string {
  const hint = "For example: agentmesh trace export RUN -o trace.json";
  if (verb !== "export") throw new UsageError("What is to be done with the trace of a run? There is: export.", hint);
  if (run === undefined || run === "") throw new UsageError("Which run is to be exported?", hint);
  return run;
}

interface Exported {
  readonly call: CommandCall;
  readonly format: Format;
  readonly file: string | undefined;
}

function report({ run, status, seq, isComplete }: RunTrace, { call: { output }, format, file }: Exported): void {
  if (!isComplete)
    output.warn(
      `The run is ${status}: this is its trace up to event ${seq}. What is under way ends there, marked open.`,
    );
  if (file === undefined) return;
  if (output.isJson) output.document({ run, file, format, seq, isComplete });
  else output.say(`Written: ${file}${format === "chrome" ? ". Open it at https://ui.perfetto.dev" : ""}`);
}
