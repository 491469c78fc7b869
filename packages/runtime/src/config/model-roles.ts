/** Which of the configured models serves a role. */
import { suggestion } from "@agentmesh/core";
import type { ModelRole } from "@agentmesh/ports";
import type { ConfigProblem } from "./config-problem.ts";
import type { MeshConfig } from "./mesh-config.ts";
import { findSourced, membersOf, type SourcedValue } from "./sourced-value.ts";

/** Serves the roles that nobody names. */
const DEFAULT_MODEL = "default";

/** The name of the model; undefined when none is configured. A role without one: `default`, else the first. */
export function modelNameOfRole({ models, roles }: MeshConfig, role: ModelRole): string | undefined {
  return roles[role] ?? (Object.hasOwn(models, DEFAULT_MODEL) ? DEFAULT_MODEL : Object.keys(models)[0]);
}

/** Roles that name a model which is not there. */
export function roleProblems(tree: SourcedValue): readonly ConfigProblem[] {
  const models = membersOf(findSourced(tree, ["models"])) ?? new Map<string, SourcedValue>();
  return [...(membersOf(findSourced(tree, ["roles"])) ?? [])].flatMap(([role, { value, origin }]) => {
    if (typeof value !== "string" || models.has(value)) return [];
    const path = ["roles", role];
    return [{ path, origin, message: "No model has this name.", suggestion: suggestion(value, models.keys()) }];
  });
}
