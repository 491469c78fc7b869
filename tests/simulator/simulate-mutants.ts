/**
 * Plants each known bug into the engine and lets the simulator look for it.
 *
 *     npm run simulate:mutants
 *     npm run simulate:mutants -- lost-fence cancel-race
 */
import { parseArgs } from "node:util";
import { MUTANTS } from "./mutants/mutant-list.ts";
import { runMutant } from "./mutants/run-mutant.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "5000" },
    "limit-ms": { type: "string", default: "60000" },
  },
});

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const chosen = MUTANTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
let found = 0;
for (const mutant of chosen) {
  const result = await runMutant(mutant, { runs: Number(values.runs), limitMs: Number(values["limit-ms"]) });
  if (result.isFound) found++;
  const seconds = (result.tookMs / 1_000).toFixed(1);
  const how = result.isFound ? `seed ${result.seed}: ${result.invariant}` : (result.trouble ?? "NOT FOUND");
  print(`${result.isFound ? "found" : "MISSED"} ${mutant.name} in ${seconds} s, ${how}`);
}
print(`${found} of ${chosen.length} found`);
process.exitCode = chosen.length > 0 && found === chosen.length ? 0 : 1;
