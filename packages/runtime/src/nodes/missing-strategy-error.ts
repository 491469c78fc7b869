/** A model cannot be used for a role, because nobody can prompt its kind. */
import { MeshError } from "@agentmesh/core";
import type { Model, ModelRole } from "@agentmesh/ports";

/** Code AM_STRATEGY_MISSING. `facts`: role, model, prompt. */
export class MissingStrategyError extends MeshError {
  constructor(role: ModelRole, model: Model) {
    const prompt = model.capabilities.prompt ?? "chat";
    super({
      code: "AM_STRATEGY_MISSING",
      message: `${model.id} is a ${prompt} model, and the ${role} has no way to prompt such a model.`,
      hint: `Give the role "${role}" a chat model, or a ${role} with a strategy for ${prompt} models.`,
      facts: { role, model: model.id, prompt },
    });
  }
}
