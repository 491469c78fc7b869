/** A function cannot be made a tool as it was defined. Code AM_TOOL_DEFINITION_INVALID. */
import { MeshError } from "@agentmesh/core";
import { cleanText } from "../tool/clean-text.ts";

const NAME_CHARS_MAX = 80;

export interface ToolDefinitionFault {
  /** Continues `The tool "x" ...`, without the full stop. */
  readonly says: string;
  readonly hint: string;
  readonly cause?: unknown;
}

export class ToolDefinitionError extends MeshError {
  constructor(tool: string, { says, hint, cause }: ToolDefinitionFault) {
    const name = cleanText(tool, NAME_CHARS_MAX);
    super({
      code: "AM_TOOL_DEFINITION_INVALID",
      message: `The tool "${name}" ${says}.`,
      hint,
      facts: { tool: name },
      cause,
    });
  }
}
