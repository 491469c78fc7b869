/** Asks every model that a role has for a word, each once, by a run in a store of its own that is thrown away. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PlanInput } from "@agentmesh/core";
import type { ModelRole } from "@agentmesh/ports";
import { type LoadedConfig, modelNameOfRole, openMesh, type RunResult } from "@agentmesh/runtime";
import { durationText } from "../progress/duration-text.ts";
import { type DoctorCheck, failedCheck, type ReportCheck } from "./doctor-check.ts";

const ROLES: readonly ModelRole[] = ["planner", "composer", "router", "validator", "executor"];
/** How long a model may take for a word; one that runs here is loaded first. */
const ANSWER_TIMEOUT_MS = 60_000;
const PROBE: PlanInput = {
  mesh: 1,
  name: "doctor",
  tasks: [
    {
      id: "word",
      use: "mesh.generate",
      args: { prompt: "Answer with the word ok.", maxTokens: 16 },
      retry: { max: 0 },
      timeoutMs: ANSWER_TIMEOUT_MS,
    },
  ],
};

export async function checkModels(loaded: LoadedConfig, report: ReportCheck): Promise<void> {
  const rolesOf = Map.groupBy(ROLES, (role) => modelNameOfRole(loaded.config, role));
  for (const [name, roles] of rolesOf) {
    if (name === undefined) report(noModel(roles));
    else report(await checkModel(loaded, name, roles));
  }
}

function noModel(roles: readonly ModelRole[]): DoctorCheck {
  const hint = "Plan files run without one. For goals: agentmesh models pull, or set OPENAI_API_KEY, or start Ollama.";
  return { name: "model", status: "warning", detail: `none for ${roles.join(", ")}`, hint };
}

async function checkModel(loaded: LoadedConfig, name: string, roles: readonly ModelRole[]): Promise<DoctorCheck> {
  const label = `model ${name}`;
  const folder = await mkdtemp(join(tmpdir(), "agentmesh-doctor-"));
  try {
    const startedAtMs = performance.now();
    const result = await ask(loaded, name, join(folder, "store.db"));
    const detail = `${roles.join(", ")}: answered in ${durationText(performance.now() - startedAtMs)}`;
    return result.error === undefined ? { name: label, status: "ok", detail } : failureOf(label, result.error);
  } catch (error) {
    return failedCheck(label, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ask(loaded: LoadedConfig, name: string, store: string): Promise<RunResult> {
  const model = loaded.config.models[name];
  const models = model === undefined ? {} : { [name]: { ...model, retries: { max: 0 } } };
  const config = { ...loaded.config, store, models, mcpServers: {}, roles: { executor: name } };
  await using mesh = openMesh({ ...loaded, config });
  return await mesh.run(PROBE).result;
}

/** The task's own error says more than that it failed. */
function failureOf(name: string, { code, message, hint, facts }: NonNullable<RunResult["error"]>): DoctorCheck {
  const tasks = facts["tasks"] as readonly { readonly code: string; readonly message: string }[] | undefined;
  const [cause = { code, message }] = tasks ?? [];
  return { name, status: "failed", code: cause.code, detail: cause.message, hint };
}
