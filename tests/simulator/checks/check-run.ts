/** All checks of one simulation: written against the journal and the ledger, without the engine's own fold. */
import type { SimulationRecord } from "../simulation.ts";
import { checkBudget } from "./budget-checks.ts";
import { checkCommands } from "./command-checks.ts";
import { checkEffects } from "./effect-checks.ts";
import { checkEnd } from "./end-checks.ts";
import { checkJournal } from "./journal-checks.ts";
import { RunHistory, type Violation } from "./run-history.ts";
import { checkTasks } from "./task-checks.ts";
import { checkWaits } from "./wait-checks.ts";

export function checkRun(record: SimulationRecord): readonly Violation[] {
  const history = new RunHistory(record);
  for (const check of [checkJournal, checkTasks, checkEffects, checkBudget, checkWaits, checkCommands, checkEnd])
    check(history);
  return history.violations;
}
