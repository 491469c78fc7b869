import { expect, test } from "vitest";
import type { RunWait } from "../documents/run-waits.ts";
import { renderLine } from "../terminal/line.ts";
import { nextCommand, waitLines } from "./wait-lines.ts";

const NOON = new Date(2026, 10, 22, 12).getTime();
const HOUR_MS = 3_600_000;
const approval: RunWait = { for: "approval", name: "pay", sinceMs: NOON, tool: "bank.pay", args: { to: "Ann" } };

function text(...waits: readonly RunWait[]): readonly string[] {
  return waitLines("r_1", waits, NOON + HOUR_MS).map((line) => renderLine(line, {}));
}

test("an approval says since when, until when, which call, and what to type", () => {
  expect(text({ ...approval, untilMs: NOON + 24 * HOUR_MS, message: "Really?" })).toEqual([
    "  ◔ pay waits for an approval, until 2026-11-23 12:00:00, since 12:00:00",
    "      Really?",
    '      bank.pay {"to":"Ann"}',
    "      agentmesh approve r_1 pay",
  ]);
});

test("a call in doubt, a signal, an event and a time each say how they end", () => {
  const since = { sinceMs: NOON };
  const said = text(
    { for: "resolution", name: "pay", message: "Nobody knows.", tool: "bank.pay", args: {}, ...since },
    { for: "signal", name: "wait", signal: "go", ...since },
    { for: "event", name: "other", signal: "rates changed", ...since },
    { for: "time", name: "nap", untilMs: NOON + 2 * HOUR_MS, ...since },
  );
  expect(said).toEqual([
    "  ? pay is in doubt, since 12:00:00",
    "      Nobody knows.",
    "      bank.pay {}",
    "      agentmesh resolve r_1 pay --done, --retry or --fail",
    '  ◔ wait waits for the signal "go", since 12:00:00',
    "      agentmesh signal r_1 go '{...}'",
    '  ◔ other waits for the event "rates changed", since 12:00:00',
    "      agentmesh signal --event r_1 'rates changed' '{...}'",
    "  ◔ nap waits until 14:00:00, since 12:00:00",
  ]);
});

test("large arguments and many waits are cut, and say so", () => {
  const [, call] = text({ ...approval, args: { to: "x".repeat(1_000) } });
  expect(call).toMatch(/x\.\.\. \(1009 characters\)$/);
  expect(text(...Array.from({ length: 25 }, () => approval)).at(-1)).toBe("  and 5 more: agentmesh show r_1 --json");
});

test("what a plan calls its tasks and signals cannot put a command into a shell", () => {
  expect(text({ for: "signal", name: "wait", signal: "$(id)", sinceMs: NOON }).at(-1)).toContain("r_1 '$(id)' '{...}'");
  expect(text({ ...approval, name: "pay[0]" }).at(-1)).toContain("r_1 'pay[0]'");
});

test("the way on is the one command, or all approvals at once", () => {
  expect(nextCommand("r_1", [approval])).toBe("agentmesh approve r_1 pay");
  expect(nextCommand("r_1", [approval, { ...approval, name: "b" }])).toBe("agentmesh approve r_1 --all");
  const doubt: RunWait = { for: "resolution", name: "a", sinceMs: NOON };
  expect(nextCommand("r_1", [doubt, approval])).toContain("agentmesh resolve r_1 a --done");
  expect(nextCommand("r_1", [{ for: "time", name: "nap", sinceMs: NOON }])).toBe("agentmesh resume r_1");
});
