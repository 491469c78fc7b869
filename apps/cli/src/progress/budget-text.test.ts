import { expect, test } from "vitest";
import { renderLine } from "../terminal/line.ts";
import { budgetRow } from "./budget-text.ts";

test.each([
  [
    { kind: "tokens", limit: 200_000, used: 1_200, reserved: 300 },
    "1,200 tokens used + 300 tokens reserved of 200,000 tokens",
  ],
  [{ kind: "usd", limit: 2_000_000, used: 12_300, reserved: 0 }, "$0.0123 used of $2.0000"],
  [{ kind: "calls", limit: 4, used: 1, reserved: 0 }, "1 call used of 4 calls"],
  [{ kind: "seconds", limit: 600_000, used: 12_340, reserved: 0 }, "12.3 s used of 10:00 min"],
] as const)("a budget reads in human units: %j", (line, text) => {
  const [, , ...parts] = budgetRow(line);
  expect(parts.map((part) => renderLine([part], {})).join(" ")).toBe(text);
});
