/**
 * MCP's conformance suites against our client and our server: `npm run test:conformance -- [--side client|server] [--json]`.
 * Fails when a scenario that is required fails; those that are not scored are listed with result and reason.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LEGS, runLeg } from "./conformance-leg.ts";
import { SubjectServer } from "./subject-server.ts";
import type { ScenarioResult } from "./suite-report.ts";

const { values } = parseArgs({ options: { side: { type: "string" }, json: { type: "boolean", default: false } } });

installSuites();
const legs = LEGS.filter(({ side }) => values.side === undefined || values.side === side);
const reports = [];
await using server = await SubjectServer.start();
for (const leg of legs) {
  process.stderr.write(`conformance: ${leg.name}\n`);
  reports.push({ name: leg.name, results: await runLeg(leg, server.url) });
}
if (values.json) process.stdout.write(`${JSON.stringify(reports, undefined, 2)}\n`);
else for (const { name, results } of reports) process.stdout.write(reportText(name, results));
const isFailed = reports.some(({ results }) =>
  results.some(({ failed, unscored }) => failed > 0 && unscored === undefined),
);
process.exitCode = isFailed ? 1 : 0;

function reportText(name: string, results: readonly ScenarioResult[]): string {
  const required = results.filter(({ unscored }) => unscored === undefined);
  const passing = required.filter(({ failed }) => failed === 0);
  const lines = [
    `${name}: ${passing.length} of ${required.length} required scenarios pass`,
    ...required.filter(({ failed }) => failed > 0).map((result) => `  FAILED ${lineOf(result)}`),
    ...results
      .filter(({ unscored }) => unscored !== undefined)
      .map((result) => `  not scored (${result.unscored}): ${lineOf(result)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function lineOf({ scenario, passed, failed }: ScenarioResult): string {
  return `${scenario}: ${failed === 0 ? "passes" : "fails"} (${passed} checks hold, ${failed} do not)`;
}

/** A project of its own, which `npm ci` of the repository never touches. */
function installSuites(): void {
  const folder = import.meta.dirname;
  if (existsSync(join(folder, "node_modules", ".package-lock.json"))) return;
  const { status } = spawnSync("npm", ["ci"], { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new RangeError(`npm ci in ${folder} failed: mend it there, then try again`);
}
