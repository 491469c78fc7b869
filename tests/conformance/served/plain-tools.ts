/** Tools that answer by themselves. */
import { setTimeout as sleep } from "node:timers/promises";
import { answer, AUDIO, IMAGE, resourceBlock, textBlock, textOf } from "./conformance-content.ts";
import { type ConformanceTool, conformanceTool } from "./conformance-tool.ts";

const PAUSE_MS = 50;

const SCHEMA_2020_12 = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

export const PLAIN_TOOLS: readonly ConformanceTool[] = [
  conformanceTool("test_simple_text", () => answer(textBlock("This is a simple text response for testing."))),
  conformanceTool("test_image_content", () => answer(IMAGE)),
  conformanceTool("test_audio_content", () => answer(AUDIO)),
  conformanceTool("test_embedded_resource", () =>
    answer(resourceBlock("test://embedded-resource", "text/plain", "This is an embedded resource content.")),
  ),
  conformanceTool("test_multiple_content_types", () =>
    answer(
      textBlock("Multiple content types test:"),
      IMAGE,
      resourceBlock("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ),
  ),
  conformanceTool("test_tool_with_logging", async (_args, { log }) => {
    log("info", "Tool execution started");
    await sleep(PAUSE_MS);
    log("info", "Tool processing data");
    await sleep(PAUSE_MS);
    log("info", "Tool execution completed");
    return answer(textBlock("It has said three things."));
  }),
  conformanceTool("test_logging_tool", (_args, { log }) => {
    log("info", "Only for who wants to hear it.");
    return answer(textBlock("done"));
  }),
  conformanceTool("test_tool_with_progress", async (_args, { progress }) => {
    for (const done of [0, 50, 100]) {
      progress({ progress: done, total: 100 });
      await sleep(PAUSE_MS);
    }
    return answer(textBlock("It has gone all the way."));
  }),
  conformanceTool("test_error_handling", () => ({
    kind: "result",
    result: { isError: true, content: [textBlock("This tool intentionally returns an error for testing")] },
  })),
  conformanceTool("json_schema_2020_12_tool", () => answer(textBlock("fits")), SCHEMA_2020_12),
  conformanceTool("test_x_mcp_header", ({ region }) => answer(textBlock(textOf(region))), {
    type: "object",
    properties: { region: { type: "string", "x-mcp-header": "Region" } },
    required: ["region"],
  }),
];
