import type { ToolSpec } from "@agentmesh/core";
import { describe, expect, test } from "vitest";
import { changesBetween, definitionOf } from "./tool-definition.ts";

const SPEC: ToolSpec = {
  name: "web.fetch",
  server: "web",
  tool: "fetch",
  description: "Fetches a page.",
  inputSchema: { type: "object", properties: { url: { type: "string" } } },
  effect: "read",
  isOpenWorld: true,
  fingerprint: "f",
};

function changes(now: Partial<ToolSpec>) {
  return changesBetween(definitionOf(SPEC), definitionOf({ ...SPEC, ...now }));
}

describe("the change of a tool", () => {
  test("deep in a schema is named by its path", () => {
    expect(changes({ inputSchema: { type: "object", properties: { url: { type: "number" } } } })).toEqual([
      { path: "/inputSchema/properties/url/type", was: '"string"', is: '"number"' },
    ]);
  });

  test("that nobody would see is written out", () => {
    expect(changes({ rawDescription: "Fetches\u200b a\u00a0page." })).toEqual([
      { path: "/description", was: '"Fetches a page."', is: '"Fetches\\u{200b} a\\u{a0}page."' },
    ]);
  });

  test("in a long text is shown where it begins, and no more than a line of it", () => {
    const [change] = changes({ description: `${SPEC.description}${" x".repeat(2_000)}` });
    expect(change?.is).toMatch(/^"Fetches a page\. x x x.*…$/);
    expect(change?.is?.length).toBeLessThan(200);
  });

  test("of annotations that came and went is told from nothing", () => {
    expect(changes({ annotations: { readOnlyHint: true } })).toEqual([
      { path: "/annotations", is: '{"readOnlyHint":true}' },
    ]);
  });
});
