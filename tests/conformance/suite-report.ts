/** What MCP's conformance suite prints at the end of a run, read: a line for each scenario, and those that it does not score. */

export interface ScenarioResult {
  readonly scenario: string;
  readonly passed: number;
  readonly failed: number;
  /** Why it is not scored; absent when it is required. */
  readonly unscored?: string;
}

const SCENARIO = /^[✓✗] (\S+): (\d+) passed, (\d+) failed/u;
const UNSCORED = /^ {2}[✓✗] (\S+) \((.+)\)$/u;

/** In the order of the suite; empty when it printed no results. */
export function readSuiteReport(text: string): readonly ScenarioResult[] {
  const lines = text.split("\n");
  const reasons = new Map(lines.flatMap((line) => pairOf(UNSCORED.exec(line))));
  return lines.flatMap((line) => {
    const [, scenario, passed, failed] = SCENARIO.exec(line) ?? [];
    if (scenario === undefined) return [];
    const unscored = reasons.get(scenario);
    const counts = { scenario, passed: Number(passed), failed: Number(failed) };
    return [unscored === undefined ? counts : { ...counts, unscored }];
  });
}

function pairOf(match: RegExpExecArray | null): readonly (readonly [string, string])[] {
  const [, scenario, reason] = match ?? [];
  return scenario === undefined || reason === undefined ? [] : [[scenario, reason]];
}
