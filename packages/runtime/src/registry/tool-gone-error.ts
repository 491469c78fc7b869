/** The tool behind a task is not there any more. */
import { MeshError } from "@agentmesh/core";

export class ToolGoneError extends MeshError {
  constructor(tool: string) {
    super({
      code: "AM_TOOL_GONE",
      message: `"${tool}" is not there any more.`,
      hint: "Look at the server with: agentmesh tools. A new run plans with the tools as they are now.",
      facts: { tool },
    });
  }
}
