/** From what a tool answers to the value of a task: unwrapped, checked against the tool's own output schema, or its failure. */
import { isJson, type Json, type ToolSpec, UnusableSchemaError, validateJson } from "@agentmesh/core";
import type { ContentBlock, ToolResult } from "@agentmesh/ports";
import { type OutputFault, outputInvalid, toolFailed } from "./call-failure.ts";

/** The part of an MCP `tools/call` result that counts here; it came over the wire, so it is JSON. */
export interface ToolAnswer {
  readonly content: readonly object[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean | undefined;
}

/** `strict`: an output that breaks its own schema is a failure. `warn`: it is given unchecked, with a warning. `off`: unchecked. */
export type OutputPolicy = "strict" | "warn" | "off";

/** Throws ToolCallError: the tool says that it failed, or its output breaks its schema and must not. */
export function toolResult(answer: ToolAnswer, spec: ToolSpec, policy: OutputPolicy): ToolResult {
  const content = answer.content as readonly ContentBlock[];
  if (answer.isError === true) {
    throw toolFailed(spec, { text: textOf(content), retryable: true });
  }
  const structured = answer.structuredContent;
  const value = structured === undefined ? { text: textOf(content), content } : structured;
  if (!isJson(value)) throw outputInvalid(spec, [violation("depth", "It nests too deep.")]);
  if (policy === "off" || spec.outputSchema === undefined) return { value, isChecked: false };
  const violations = violationsOf(value, structured !== undefined, spec);
  if (violations === undefined) return { value, isChecked: false };
  if (violations.length === 0) return { value, isChecked: true };
  const breach = outputInvalid(spec, violations);
  if (policy === "strict") throw breach;
  return { value, isChecked: false, warnings: [breach.message] };
}

/** Undefined: its schema cannot be used. */
function violationsOf(value: Json, isStructured: boolean, spec: ToolSpec): readonly OutputFault[] | undefined {
  if (!isStructured) return [violation("required", "It holds no structured content.")];
  try {
    return spec.outputSchema === undefined ? undefined : validateJson(spec.outputSchema, value);
  } catch (error) {
    if (error instanceof UnusableSchemaError) return undefined;
    throw error;
  }
}

function violation(keyword: string, message: string): OutputFault {
  return { path: "", keyword, message };
}

function textOf(content: readonly ContentBlock[]): string {
  return content.flatMap(({ type, text }) => (type === "text" && typeof text === "string" ? [text] : [])).join("\n");
}
