import { expect, test } from "vitest";
import { readSuiteReport } from "./suite-report.ts";

const REPORT = `Results saved to out/sse-retry
=== SUITE SUMMARY ===

✓ tools_call: 2 passed, 0 failed
✗ auth/dpop: 0 passed, 3 failed
✓ sse-retry: 2 passed, 0 failed, 1 warnings

Total: 4 passed, 3 failed, 1 warnings

Not scored for 2025-11-25: 1 scenario(s) run, 1 failing. These do not affect conformance.
  ✗ auth/dpop (extension)
`;

test("what a suite prints is read, scored and unscored apart", () => {
  expect(readSuiteReport(REPORT)).toEqual([
    { scenario: "tools_call", passed: 2, failed: 0 },
    { scenario: "auth/dpop", passed: 0, failed: 3, unscored: "extension" },
    { scenario: "sse-retry", passed: 2, failed: 0 },
  ]);
});
