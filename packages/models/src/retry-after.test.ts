import { expect, test } from "vitest";
import { retryAfterMs } from "./retry-after.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");

test.each([
  ["seconds", { "retry-after": "12" }, "", 12_000],
  ["parts of seconds", { "retry-after": " 0.25 " }, "", 250],
  ["no time at all", { "retry-after": "0" }, "", 0],
  ["milliseconds, which are more exact", { "retry-after": "1", "retry-after-ms": "1500" }, "", 1_500],
  ["a date by our clock", { "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT" }, "", 60_000],
  [
    "a date by the server's clock",
    { "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT", date: "Thu, 01 Jan 2026 00:00:50 GMT" },
    "",
    10_000,
  ],
  ["a date in the past", { "retry-after": "Thu, 01 Jan 2015 00:00:00 GMT" }, "", 0],
  ["a duration in the body", {}, '{"error":{"details":[{"retryDelay": "2.5s"}]}}', 2_500],
  ["nonsense", { "retry-after": "soon" }, "", undefined],
  ["a number without end", { "retry-after": "9".repeat(400) }, "", undefined],
  ["nothing", {}, "{}", undefined],
])("%s", (_name, headers: Record<string, string>, body, expected) => {
  expect(retryAfterMs(headers, body, NOW_MS)).toBe(expected);
});
