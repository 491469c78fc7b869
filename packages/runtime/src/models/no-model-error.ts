/** A node needs a language model and none is configured for its role. */
import { MeshError } from "@agentmesh/core";
import type { ModelRole } from "@agentmesh/ports";

export class NoModelError extends MeshError {
  constructor(role: ModelRole) {
    super({
      code: "AM_NO_MODEL",
      message: `No model is configured, and the ${role} needs one.`,
      hint: "Fetch a small local one with: agentmesh models pull. Or set OPENAI_API_KEY, start Ollama, or name one under models in the configuration.",
      facts: { role },
    });
  }
}
