import { ToolCallError, type ToolCallErrorCode } from "@agentmesh/ports";
import { describe, expect, test } from "vitest";
import { CallHealth } from "./call-health.ts";

function failure(code: ToolCallErrorCode): ToolCallError {
  return new ToolCallError({ code, message: code, hint: "", outcome: "unknown" });
}

function health() {
  const clock = { nowMs: 0 };
  const subject = new CallHealth(() => clock.nowMs);
  const call = (tookMs: number, error?: unknown): void => {
    const beganMs = clock.nowMs;
    clock.nowMs += tookMs;
    subject.note(beganMs, error);
  };
  return { subject, call, clock };
}

describe("health", () => {
  test("is told of the newest calls only", () => {
    const { subject, call } = health();
    for (let index = 0; index < 100; index++) call(1_000, failure("AM_TOOL_FAILED"));
    for (let index = 1; index <= 128; index++) call(index, index <= 32 ? failure("AM_TOOL_FAILED") : undefined);
    expect(subject.report()).toEqual({ calls: 228, errorRate: 0.25, p50Ms: 64, p95Ms: 122, breaker: "closed" });
  });

  test("of what was never called says nothing", () => {
    expect(health().subject.report()).toEqual({ calls: 0, breaker: "closed" });
  });
});

describe("the breaker", () => {
  test("opens after five failures of the connection in a row, and lets a call try after ten seconds", () => {
    const { subject, call, clock } = health();
    for (let index = 0; index < 4; index++) call(1, failure("AM_TOOL_TIMEOUT"));
    expect(subject.breaker).toBe("closed");
    call(1, failure("AM_TOOL_DISCONNECTED"));
    expect(subject.breaker).toBe("open");
    clock.nowMs += 10_000;
    expect(subject.breaker).toBe("half-open");
    call(1, failure("AM_TOOL_TIMEOUT"));
    expect(subject.breaker).toBe("open");
    clock.nowMs += 10_000;
    call(1);
    expect(subject.breaker).toBe("closed");
  });

  test("stays closed while the tool itself answers that it failed, and for what was cancelled", () => {
    const { subject, call } = health();
    for (let index = 0; index < 20; index++) call(1, failure("AM_TOOL_FAILED"));
    for (let index = 0; index < 20; index++) call(1, failure("AM_TOOL_CANCELLED"));
    expect(subject.breaker).toBe("closed");
    expect(subject.report().calls).toBe(20);
  });

  test("is closed by any answer in between", () => {
    const { subject, call } = health();
    for (let index = 0; index < 20; index++) call(1, index % 5 === 4 ? undefined : failure("AM_TOOL_TIMEOUT"));
    expect(subject.breaker).toBe("closed");
  });
});
