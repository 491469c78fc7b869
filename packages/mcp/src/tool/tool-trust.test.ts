/** The effect of a tool: what its annotations say, whether they are believed, and what the operator says. */
import type { ToolEffect } from "@agentmesh/core";
import { describe, expect, test } from "vitest";
import { type EffectHints, effectsOf, isOpenWorld } from "./tool-trust.ts";

const [READ, IDEMPOTENT] = [{ readOnlyHint: true }, { idempotentHint: true }];
const [HARMLESS, HARMFUL] = [{ destructiveHint: false }, { destructiveHint: true }];
const NOT_READ = { readOnlyHint: false };

describe("annotations of a server that is trusted", () => {
  test.each<[string, EffectHints, ToolEffect, boolean]>([
    ["none", {}, "destructive", false],
    ["read only", READ, "read", false],
    ["read only and idempotent", { ...READ, ...IDEMPOTENT }, "read", false],
    ["read only and destructive, of which the second means nothing then", { ...READ, ...HARMFUL }, "read", false],
    ["idempotent", IDEMPOTENT, "idempotent", true],
    ["idempotent and destructive", { ...IDEMPOTENT, ...HARMFUL }, "idempotent", true],
    ["idempotent and not destructive", { ...IDEMPOTENT, ...HARMLESS }, "idempotent", false],
    ["not destructive", HARMLESS, "write", false],
    ["destructive", HARMFUL, "destructive", false],
    ["not read only", NOT_READ, "destructive", false],
    ["not read only, not destructive", { ...NOT_READ, ...HARMLESS }, "write", false],
    ["not idempotent, not destructive", { idempotentHint: false, ...HARMLESS }, "write", false],
  ])("%s", (_, hints, effect, isDestructive) => {
    expect(effectsOf(hints, true, undefined)).toEqual({ effect, ...(isDestructive ? { isDestructive } : {}) });
  });
});

const HINTS: readonly EffectHints[] = [
  {},
  READ,
  IDEMPOTENT,
  HARMLESS,
  { ...READ, ...IDEMPOTENT, ...HARMLESS, openWorldHint: false },
];

test.each(HINTS)("annotations of a server that is not trusted say nothing: %o", (hints) => {
  expect(effectsOf(hints, false, undefined)).toEqual({ effect: "destructive" });
  expect(isOpenWorld(hints, false)).toBe(true);
});

test.each<ToolEffect>(["read", "idempotent", "write", "destructive"])(
  "the operator's word, %s, is the last one, whatever is annotated and trusted",
  (said) => {
    for (const hints of HINTS)
      for (const isTrusted of [true, false]) expect(effectsOf(hints, isTrusted, said)).toEqual({ effect: said });
  },
);

test.each<[EffectHints, boolean]>([
  [{}, true],
  [{ openWorldHint: true }, true],
  [{ openWorldHint: false }, false],
  [READ, true],
])("a trusted tool that says %o is of an open world: %s", (hints, expected) => {
  expect(isOpenWorld(hints, true)).toBe(expected);
});
