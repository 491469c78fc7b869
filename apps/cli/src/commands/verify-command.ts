/** `agentmesh verify`: whether a store keeps the promises, told by a checker that shares no code with what writes it. */
import { MeshError } from "@agentmesh/core";
import { type Verification, VerifyError, type VerifyOptions, verifyStore, type Violation } from "@agentmesh/verify";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { count } from "../progress/event-line.ts";
import { statusMark } from "../progress/status-mark.ts";
import { loadSettings } from "../session.ts";
import type { Output } from "../terminal/output.ts";

/** So many are shown to people; --json has them all. */
const SHOWN_MAX = 100;

export async function verifyCommand(call: CommandCall): Promise<number> {
  const { config } = await loadSettings(call);
  const [run] = call.operands;
  const against = call.options.get("against")?.at(-1);
  const verification = verify(config.store, {
    ...(run === undefined ? {} : { run }),
    ...(against === undefined ? {} : { against }),
  });
  if (call.output.isJson) call.output.document(verification);
  else show(verification, call.output);
  return verification.violations.length > 0 ? EXIT.runFailed : EXIT.ok;
}

/** Throws MeshError for a store that cannot be read. */
function verify(store: string, options: VerifyOptions): Verification {
  try {
    return verifyStore(store, options);
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error;
    const { code, message, hint, facts } = error;
    throw new MeshError({ code, message, hint, facts, cause: error });
  }
}

function show({ runs, events, violations, warnings }: Verification, output: Output): void {
  for (const violation of violations.slice(0, SHOWN_MAX))
    output.resultLine(statusMark("failed"), ` ${placeOf(violation)} ${violation.code}: ${violation.message}`);
  if (violations.length > SHOWN_MAX) output.resultLine(`  ... and ${violations.length - SHOWN_MAX} more: see --json`);
  for (const warning of warnings.slice(0, SHOWN_MAX)) output.warn(`${placeOf(warning)} ${warning.message}`);
  const looked = `${count(runs, "run")}, ${count(events, "event")}`;
  if (violations.length === 0) output.resultLine(statusMark("ok"), ` ${looked}: everything holds.`);
  else output.resultLine(statusMark("failed"), ` ${looked}: ${count(violations.length, "violation")}.`);
}

function placeOf({ run, seq }: Violation): string {
  return seq === 0 ? run : `${run} event ${seq}`;
}
