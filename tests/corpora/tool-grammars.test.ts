/** Grammars of tool schemas that nobody here wrote: those of 70 public MCP servers. */
import { readFileSync } from "node:fs";
import { isJsonObject, type JsonSchema } from "@agentmesh/core";
import { LOOSE_KEYWORDS, schemaGrammar, SchemaRefusalError } from "@agentmesh/llama-cpp";
import { expect, test } from "vitest";
import { corpus } from "./corpora-folder.ts";

const schemas = [...inputSchemas(JSON.parse(readFileSync(corpus("livemcp/tools.json"), "utf8")))];

/** Every `inputSchema` in the document. */
function* inputSchemas(value: unknown): Generator<JsonSchema> {
  if (Array.isArray(value)) for (const item of value) yield* inputSchemas(item);
  if (!isJsonObject(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === "inputSchema") yield item as JsonSchema;
    else yield* inputSchemas(item);
  }
}

/** The reasons for which schemas are refused, each with how many. */
function refusals(loose: typeof LOOSE_KEYWORDS | readonly []): Record<string, number> {
  const reasons: Record<string, number> = {};
  for (const schema of schemas) {
    try {
      schemaGrammar(schema, { loose });
    } catch (error) {
      if (!(error instanceof SchemaRefusalError)) throw error;
      const keyword = error.keyword;
      reasons[keyword] = (reasons[keyword] ?? 0) + 1;
    }
  }
  return reasons;
}

test("every tool has a grammar, when what only narrows is left to validation", () => {
  expect(schemas.length).toBeGreaterThan(500);
  expect(refusals(LOOSE_KEYWORDS)).toEqual({});
});

test("few tools say what no grammar can hold, and each is refused by name", () => {
  expect(refusals([])).toEqual({ format: 3, maxLength: 1, not: 1, pattern: 3 });
});
