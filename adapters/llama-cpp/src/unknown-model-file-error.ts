/** No model of this name has been pulled, and there is no such file. */
import { ModelError } from "@agentmesh/ports";

export class UnknownModelFileError extends ModelError {
  constructor(model: string, place: string) {
    super({
      code: "AM_MODEL_UNKNOWN",
      message: `There is no model ${model}: nothing at ${place}.`,
      hint: `Fetch it with: agentmesh models pull ${model}. Or give the path of a GGUF file.`,
      facts: { model, place },
    });
  }
}
