/** One run of a conformance suite: which suite, against which side of ours, and what is required of it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { readSuiteReport, type ScenarioResult } from "./suite-report.ts";

const FOLDER = import.meta.dirname;
const CLIENT = join(FOLDER, "client.ts");
/** In milliseconds, of one scenario: many run at once. */
const SCENARIO_TIMEOUT_MS = 60_000;

export interface ConformanceLeg {
  readonly name: string;
  readonly side: "client" | "server";
  readonly suite: "conformance-alpha" | "conformance-latest";
  /** What chooses the scenarios, as arguments of the suite. */
  readonly choice: readonly string[];
  /** Scenarios that the suite runs and nobody requires, with the reason. */
  readonly unscored: Readonly<Record<string, string>>;
}

/** Of the suite before requirement sets: made for a revision that is not asked for, or an extension. */
const LATEST_UNSCORED = {
  "auth/2025-03-26-oauth-metadata-backcompat": "2025-03-26",
  "auth/2025-03-26-oauth-endpoint-fallback": "2025-03-26",
  "auth/client-credentials-jwt": "extension",
  "auth/client-credentials-basic": "extension",
  "auth/cross-app-access-complete-flow": "extension",
  "auth/resource-mismatch": "draft",
  "auth/offline-access-scope": "draft",
  "auth/offline-access-not-supported": "draft",
  "json-schema-2020-12": "pending",
  "server-sse-polling": "pending",
};

export const LEGS: readonly ConformanceLeg[] = (["client", "server"] as const).flatMap((side) => [
  ...["2025-11-25", "2026-07-28"].map((revision) => ({
    name: `${side} ${revision}`,
    side,
    suite: "conformance-alpha" as const,
    choice: ["--requirements", revision],
    unscored: {},
  })),
  {
    name: `${side} 0.1.16`,
    side,
    suite: "conformance-latest" as const,
    choice: ["--suite", "all"],
    unscored: LATEST_UNSCORED,
  },
]);

/** `url`: of the server under test. A required scenario that fails among the others, which all run at once, is run again alone. */
export async function runLeg(leg: ConformanceLeg, url: string): Promise<readonly ScenarioResult[]> {
  const results = readSuiteReport(await runSuite(leg, leg.choice, url));
  if (results.length === 0) throw new RangeError(`The suite ${leg.name} printed no results.`);
  const settled: ScenarioResult[] = [];
  for (const result of results.map((each) => withReason(each, leg.unscored[each.scenario]))) {
    const isFine = result.failed === 0 || result.unscored !== undefined;
    settled.push(isFine ? result : await aloneAgain(leg, result, url));
  }
  return settled;
}

function withReason(result: ScenarioResult, reason: string | undefined): ScenarioResult {
  return reason === undefined ? result : { ...result, unscored: reason };
}

async function aloneAgain(leg: ConformanceLeg, result: ScenarioResult, url: string): Promise<ScenarioResult> {
  const [option, revision = ""] = leg.choice;
  const choice = ["--scenario", result.scenario, ...(option === "--requirements" ? ["--spec-version", revision] : [])];
  const [, passed, failed] = /^Passed: (\d+)\/\d+, (\d+) failed/m.exec(await runSuite(leg, choice, url)) ?? [];
  return passed === undefined ? result : { ...result, passed: Number(passed), failed: Number(failed) };
}

async function runSuite({ side, suite }: ConformanceLeg, choice: readonly string[], url: string): Promise<string> {
  const subject = side === "client" ? ["--command", `${process.execPath} ${CLIENT}`] : ["--url", url];
  const timeout = ["--timeout", String(SCENARIO_TIMEOUT_MS)];
  const limits = side === "client" || suite === "conformance-alpha" ? timeout : [];
  const program = join(FOLDER, "node_modules", suite, "dist", "index.js");
  const child = spawn(process.execPath, [program, side, ...subject, ...choice, ...limits], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: FOLDER,
  });
  return text(child.stdout);
}
