/** `agentmesh models`: which models there are, which roles they have, and which could be fetched. */
import { type ListedLocalModel, listLocalModels } from "@agentmesh/models";
import type { ModelRole } from "@agentmesh/ports";
import { type LoadedConfig, modelNameOfRole } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { megabytes } from "../models/pull-display.ts";
import { statusMark } from "../progress/status-mark.ts";
import { loadSettings } from "../session.ts";
import type { Output } from "../terminal/output.ts";
import { type Row, tableLines } from "../terminal/table.ts";

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
  const [word = "list", surplus] = call.operands;
  if (word === "pull") return await (await import("./models-pull.ts")).pullCommand(call);
  if (word !== "list" || surplus !== undefined)
    throw new UsageError(`There is no "models ${call.operands.join(" ")}".`, "See: agentmesh models --help");
  const models = listedModels(await loadSettings(call));
  const local = await listLocalModels(process.env);
  if (call.output.isJson) call.output.document({ models, local });
  else show(models, local, call.output);
  return EXIT.ok;
}

function show(models: readonly ListedModel[], local: readonly ListedLocalModel[], output: Output): void {
  for (const line of tableLines(models.map(modelRow))) output.resultLine(...line);
  if (models.length === 0)
    output.say("No model is configured or found. Set OPENAI_API_KEY, start Ollama, or name one under models.");
  output.resultLine("");
  for (const line of tableLines(local.map(localRow))) output.resultLine(...line);
}

function modelRow({ name, provider, model, roles, source }: ListedModel): Row {
  return [statusMark("ok"), { style: "bold", text: name }, `${provider}:${model}`, source, roles.join(", ")];
}

function localRow({ alias, file, bytes, downloadBytes, terms }: ListedLocalModel): Row {
  const name = { style: "bold", text: alias } as const;
  if (file !== undefined) return [statusMark("ok"), name, megabytes(bytes), file];
  const pull = `fetch it with: agentmesh models pull ${alias}`;
  const size = downloadBytes === undefined ? "" : `${megabytes(downloadBytes)} to fetch`;
  return [statusMark("pending"), name, size, terms === undefined ? pull : `${terms.name}; ${pull}`];
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
