/** `agentmesh config`: the configuration that holds here, secrets masked, with the origin of each value if asked. */
import { relative } from "node:path";
import { explainConfig, type LoadedConfig } from "@agentmesh/runtime";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { loadSettings } from "../session.ts";
import { type Row, tableLines } from "../terminal/table.ts";

type ExplainedValue = ReturnType<typeof explainConfig>[number];
type Origin = ExplainedValue["origin"];

export async function configCommand(call: CommandCall): Promise<number> {
  const { output, options } = call;
  const loaded = await loadSettings(call);
  const values = explainConfig(loaded);
  const isExplained = options.has("explain");
  if (output.isJson) output.document(documentOf(loaded, values, isExplained));
  else {
    output.say(loaded.file === undefined ? "No configuration file was found: defaults hold." : `From ${loaded.file}`);
    for (const line of tableLines(values.map((value) => rowOf(value, isExplained)))) output.resultLine(...line);
  }
  return EXIT.ok;
}

function documentOf({ file }: LoadedConfig, values: readonly ExplainedValue[], isExplained: boolean): object {
  const shown = values.map(({ path, pointer, value, origin }) =>
    isExplained ? { path, pointer, value, origin } : { path, pointer, value },
  );
  return { file: file ?? null, values: shown };
}

function rowOf({ path, value, origin }: ExplainedValue, isExplained: boolean): Row {
  const row: Row = [{ style: "bold", text: path }, JSON.stringify(value)];
  return isExplained ? [...row, { style: "dim", text: originText(origin) }] : row;
}

function originText(origin: Origin): string {
  switch (origin.kind) {
    case "file": {
      const place = relative(process.cwd(), origin.file) + (origin.line === undefined ? "" : `:${origin.line}`);
      const variables = origin.variables ?? [];
      return variables.length === 0 ? place : `${place} (${variables.join(", ")})`;
    }
    case "environment":
      return `environment ${origin.variable}`;
    case "detected":
      return `detected: ${origin.source}`;
    case "default":
    case "option":
      return origin.kind;
  }
}
