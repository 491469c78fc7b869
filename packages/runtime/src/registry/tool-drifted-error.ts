/** A call was stopped before it was sent: its tool is not the one that was agreed on. */
import type { JsonObject, ToolChange, ToolDrift } from "@agentmesh/core";
import { ToolCallError } from "@agentmesh/ports";

export class ToolDriftedError extends ToolCallError {
  readonly drift: ToolDrift;

  /** `lockFile`: the file that holds the tool as it was pinned, if that is what it differs from. */
  constructor(drift: ToolDrift, lockFile: string | undefined) {
    const { tool } = drift;
    super({
      code: "AM_TOOL_DRIFTED",
      message: `"${tool}" was not called: ${reasonOf(drift, lockFile)}${changeText(drift.changes)}.`,
      hint:
        drift.since === "plan"
          ? "Look at what has changed. A new run plans with the tool as it is now."
          : "Look at what has changed. If it is right, pin the tools as they are now with: agentmesh tools lock",
      facts: drift as unknown as JsonObject,
      outcome: "refused",
    });
    this.drift = drift;
  }
}

function reasonOf({ since, was }: ToolDrift, lockFile: string | undefined): string {
  if (since === "plan") return "it has changed since the plan was checked";
  return was === undefined
    ? `${lockFile ?? "the lock file"} does not have it`
    : `it has changed since it was pinned in ${lockFile ?? "the lock file"}`;
}

/** The first change in full, the others by number. */
function changeText([first, ...others]: readonly ToolChange[]): string {
  if (first === undefined) return "";
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  return `: ${first.path} was ${first.was ?? "not there"}, is ${first.is ?? "gone"}${more}`;
}
