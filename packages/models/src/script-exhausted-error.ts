/** A scripted model was asked more often than its script has answers. */
import { ModelError } from "@agentmesh/ports";

export class ScriptExhaustedError extends ModelError {
  constructor(modelId: string, answers: number) {
    super({
      code: "AM_MODEL_SCRIPT_EXHAUSTED",
      message: `Call ${answers + 1} of ${modelId}, but its script has ${answers} ${answers === 1 ? "answer" : "answers"}.`,
      hint: "Add an answer to the script, or give a function, which answers every call.",
      facts: { model: modelId, answers },
    });
  }
}
