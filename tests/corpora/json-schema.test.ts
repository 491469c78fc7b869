/** The validator against the suite of the JSON Schema organisation: every test outside of what we refuse or lack on purpose. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Json, type JsonSchema, UnusableSchemaError, validateJson } from "@agentmesh/core";
import { expect, test } from "vitest";
import { corpus } from "./corpora-folder.ts";

interface Group {
  readonly description: string;
  readonly schema: JsonSchema;
  readonly tests: readonly { readonly description: string; readonly data: Json; readonly valid: boolean }[];
}

/** Remote references are never fetched; `format` is enforced although 2020-12 makes that optional; the library lacks the rest. */
const LEFT_OUT = new Set(["refRemote.json", "format.json", "dynamicRef.json", "vocabulary.json"]);
/** Of the other files: schemas that point at a meta-schema, and three rare combinations of references and `unevaluated`. */
const FAILURES_MAX = 16;

test.each(["draft2020-12", "draft7"])("%s", (draft) => {
  const folder = corpus(`json-schema-test-suite/tests/${draft}`);
  const files = readdirSync(folder).filter((file) => file.endsWith(".json") && !LEFT_OUT.has(file));
  const cases = files.flatMap((file) => casesOf(join(folder, file), draft));
  const failures = cases.filter((each) => verdictOf(each.schema, each.data) !== each.valid).map((each) => each.name);
  const count = cases.length;
  expect(count).toBeGreaterThan(500);
  expect(failures.length, failures.join("\n")).toBeLessThanOrEqual(FAILURES_MAX);
});

interface Case {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly data: Json;
  readonly valid: boolean;
}

function casesOf(file: string, draft: string): readonly Case[] {
  const groups = JSON.parse(readFileSync(file, "utf8")) as Group[];
  return groups.flatMap(({ description, schema, tests }) =>
    tests.map((each) => ({
      ...each,
      name: `${file}: ${description}: ${each.description}`,
      schema: withDialect(schema, draft),
    })),
  );
}

function withDialect(schema: JsonSchema, draft: string): JsonSchema {
  return draft === "draft7" && typeof schema === "object"
    ? { $schema: "http://json-schema.org/draft-07/schema#", ...schema }
    : schema;
}

function verdictOf(schema: JsonSchema, value: Json): boolean | "unusable" {
  try {
    return validateJson(schema, value).length === 0;
  } catch (error) {
    if (error instanceof UnusableSchemaError) return "unusable";
    throw error;
  }
}
