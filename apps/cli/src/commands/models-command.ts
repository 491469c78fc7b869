/** `agentmesh models`: which models there are and which roles they have. */
import type { ModelRole } from "@agentmesh/ports";
import { type LoadedConfig, modelNameOfRole } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { statusMark } from "../progress/status-mark.ts";
import { loadSettings } from "../session.ts";
import { tableLines } from "../terminal/table.ts";

const ROLES: readonly ModelRole[] = ["planner", "composer", "router", "validator", "executor"];

interface ListedModel {
  readonly name: string;
  readonly provider: string;
  readonly model: string;
  readonly roles: readonly ModelRole[];
  /** `configured`: said by somebody. `detected`: found on this machine. */
  readonly source: "configured" | "detected";
}

export async function modelsCommand(call: CommandCall): Promise<number> {
  const [word = "list"] = call.operands;
  if (word !== "list") throw new UsageError(`"models ${word}" is not known.`, "See: agentmesh models --help");
  const models = listedModels(await loadSettings(call));
  const { output } = call;
  if (output.isJson) output.document({ models });
  else {
    const rows = models.map(({ name, provider, model, roles, source }) => [
      statusMark("info"),
      { style: "bold" as const, text: name },
      `${provider}:${model}`,
      source,
      roles.join(", "),
    ]);
    for (const line of tableLines(rows)) output.resultLine(...line);
    if (models.length === 0)
      output.say("No model is configured or found. Set OPENAI_API_KEY, start Ollama, or name one under models.");
  }
  return EXIT.ok;
}

function listedModels({ config, origins }: LoadedConfig): readonly ListedModel[] {
  return Object.entries(config.models).map(([name, { provider, model }]) => ({
    name,
    provider,
    model,
    roles: ROLES.filter((role) => modelNameOfRole(config, role) === name),
    source: isDetected(origins.get(`/models/${name}/provider`)?.kind) ? "detected" : "configured",
  }));
}

/** A key in the environment is enough for a model, and nobody has named it. */
function isDetected(kind: string | undefined): boolean {
  return kind === "detected" || kind === "environment";
}
