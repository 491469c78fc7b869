/** A file that the configuration names as a workflow is not there, or holds no plan. */
import { type JsonObject, MeshError } from "@agentmesh/core";

export interface WorkflowFile {
  readonly workflow: string;
  /** Absolute path. */
  readonly file: string;
}

export class WorkflowFileError extends MeshError {
  constructor({ workflow, file }: WorkflowFile, { problem, facts = {} }: { problem: string; facts?: JsonObject }) {
    super({
      code: "AM_WORKFLOW_FILE",
      message: `The workflow "${workflow}" cannot be used: ${file} ${problem}`,
      hint: `See what is wrong with: agentmesh check ${file}`,
      facts: { workflow, file, ...facts },
    });
  }
}
