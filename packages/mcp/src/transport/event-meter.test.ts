import { expect, test } from "vitest";
import { EventMeter } from "./event-meter.ts";

function largest(chunks: readonly Buffer[]): number {
  const meter = new EventMeter();
  return Math.max(...chunks.map((chunk) => meter.measure(chunk)));
}

test.each([
  ["line feeds", "\n"],
  ["carriage returns too", "\r\n"],
])("a stream of many events is as large as its largest event, with %s", (_what, end) => {
  const event = (bytes: number): string => `event: message${end}data: ${"x".repeat(bytes)}${end}${end}`;
  const stream = Buffer.from([10, 5_000, 20, 4_000].map(event).join(""));
  const bytes = [...stream].map((byte) => Buffer.from([byte]));
  for (const size of [largest([stream]), largest(bytes)]) {
    expect(size).toBeGreaterThanOrEqual(5_000);
    expect(size).toBeLessThan(5_050);
  }
});

test("an event of many lines counts as a whole", () => {
  expect(largest([Buffer.from("data: 0123456789\n".repeat(100))])).toBeGreaterThan(1_000);
});

test.each([
  ["what is no JSON object", "data: lorem ipsum\n\n", true],
  ["messages", 'data: {"jsonrpc":"2.0"}\n\n', false],
  ["events of other names, which keep a connection alive", "event: ping\ndata: now\n\n", false],
  ["comments", ": now\n\n", false],
])("a stream of %s", (_what, event, isGarbled) => {
  const whole = new EventMeter();
  whole.measure(Buffer.from(event.repeat(2_000)));
  expect(whole.isGarbled).toBe(isGarbled);
  const cut = new EventMeter();
  for (const byte of Buffer.from(event.repeat(2_000))) cut.measure(Buffer.from([byte]));
  expect(cut.isGarbled).toBe(isGarbled);
});

test("garbage between messages is passed over", () => {
  const meter = new EventMeter();
  meter.measure(Buffer.from(`${"data: lorem\n\n".repeat(900)}data: {}\n\n`.repeat(10)));
  expect(meter.isGarbled).toBe(false);
});
