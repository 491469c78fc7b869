/** A file that is named as a plan cannot be read as one: it is missing, too large, no JSON, or of a kind that is not read. */
import { type JsonObject, MeshError } from "@agentmesh/core";

export class PlanFileError extends MeshError {
  constructor(message: string, hint: string, facts: JsonObject) {
    super({ code: "AM_PLAN_FILE", message, hint, facts });
  }
}
