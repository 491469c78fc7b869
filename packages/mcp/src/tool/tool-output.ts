/** From what a tool answers to the value of a task: unwrapped, checked against the tool's own output schema, or its failure. */
import {
  isJson,
  type Json,
  type SchemaViolation,
  type ToolSpec,
  UnusableSchemaError,
  validateJson,
} from "@agentmesh/core";
import type { ContentBlock, ToolResult } from "@agentmesh/ports";
import { type OutputFault, outputInvalid, toolFailed } from "./call-failure.ts";

/** The part of an MCP `tools/call` result that counts here; it came over the wire, so it is JSON. */
export interface ToolAnswer {
  readonly content: readonly object[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean | undefined;
}

/** Throws ToolCallError: the tool says that it failed, or its output breaks its schema. */
export function toolResult(answer: ToolAnswer, spec: ToolSpec): ToolResult {
  const content = answer.content as readonly ContentBlock[];
  if (answer.isError === true) {
    throw toolFailed(spec, { text: textOf(content), retryable: true });
  }
  const structured = answer.structuredContent;
  const value = structured === undefined ? { text: textOf(content), content } : structured;
  if (!isJson(value)) throw outputInvalid(spec, [violation("depth", "It nests too deep.")]);
  return { value, isChecked: check(value, structured !== undefined, spec) };
}

/** Whether the value was checked; false without a schema, or with one that cannot be used. */
function check(value: Json, isStructured: boolean, spec: ToolSpec): boolean {
  if (spec.outputSchema === undefined) return false;
  if (!isStructured) throw outputInvalid(spec, [violation("required", "It holds no structured content.")]);
  let violations: readonly SchemaViolation[];
  try {
    violations = validateJson(spec.outputSchema, value);
  } catch (error) {
    if (error instanceof UnusableSchemaError) return false;
    throw error;
  }
  if (violations.length > 0) throw outputInvalid(spec, violations);
  return true;
}

function violation(keyword: string, message: string): OutputFault {
  return { path: "", keyword, message };
}

function textOf(content: readonly ContentBlock[]): string {
  return content.flatMap(({ type, text }) => (type === "text" && typeof text === "string" ? [text] : [])).join("\n");
}
