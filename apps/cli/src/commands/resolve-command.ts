/** `agentmesh resolve`: says what has become of a call that nobody knows the outcome of. */
import type { Json } from "@agentmesh/core";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { readJsonArgument } from "../documents/json-argument.ts";
import { runOperand, tellRun } from "./tell-run.ts";

const WAYS = ["done", "retry", "fail"] as const;
type Way = (typeof WAYS)[number];
const DONE: Readonly<Record<Way, string>> = {
  done: "resolved as done",
  retry: "resolved: it is tried again",
  fail: "resolved as failed",
};

export async function resolveCommand(call: CommandCall): Promise<number> {
  const run = runOperand(call, "resolve");
  const task = call.operands[1];
  if (task === undefined || task === "")
    throw new UsageError("Which task is resolved?", `See what is in doubt with: agentmesh show ${run}`);
  const way = wayOf(call);
  const output = await outputOf(call, way);
  const options = { as: way, ...(output === undefined ? {} : { output }) };
  return await tellRun(call, { run, send: (mesh) => mesh.resolve(run, task, options), done: DONE[way] });
}

/** Throws UsageError. */
function wayOf({ options }: CommandCall): Way {
  const [way, ...more] = WAYS.filter((name) => options.has(name));
  if (way !== undefined && more.length === 0) return way;
  throw new UsageError(
    way === undefined ? "What has become of the call?" : "Give one of --done, --retry and --fail.",
    "--done [JSON]: it has had its effect, and gave that. --retry: call it again. --fail: it has failed.",
  );
}

/** Throws UsageError. */
async function outputOf({ operands: [, , text] }: CommandCall, way: Way): Promise<Json | undefined> {
  if (text === undefined) return undefined;
  if (way !== "done") throw new UsageError(`--${way} takes no value.`, "Only a call that is done has given something.");
  return await readJsonArgument(text, "the result of the call");
}
