/** The workflows of a mesh cannot be used as they are: one is no plan, or they start each other without end. */
import { MeshError } from "@agentmesh/core";

export class WorkflowError extends MeshError {
  constructor(
    code: "AM_WORKFLOW_INVALID" | "AM_WORKFLOW_CYCLE",
    what: { readonly message: string; readonly hint: string },
  ) {
    super({ code, ...what, facts: {} });
  }
}
