/** A tool was called with arguments that its schema does not allow. */
import { MeshError, type SchemaViolation } from "@agentmesh/core";

const SHOWN_MAX = 10;

export class ServedArgumentsError extends MeshError {
  constructor(tool: string, violations: readonly SchemaViolation[]) {
    const shown = violations
      .slice(0, SHOWN_MAX)
      .map(({ path, message }) => `${path === "" ? "" : `${path}: `}${message}`);
    super({
      code: "AM_ARGUMENT_INVALID",
      message: `The arguments of "${tool}" do not fit: ${shown.join(" ")}`,
      hint: "Its schema is in tools/list.",
      facts: { tool, violations: violations.length },
    });
  }
}
