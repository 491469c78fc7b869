/** `agentmesh signal`: sends a run what one of its tasks waits for, with or without data. */
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { readJsonArgument } from "../documents/json-argument.ts";
import { commandPayload } from "@agentmesh/runtime";
import { runOperand, tellRun } from "./tell-run.ts";

/** As a `mesh.wait` may name it, in UTF-16 units. */
const NAME_CHARS_MAX = 200;

export async function signalCommand(call: CommandCall): Promise<number> {
  const run = runOperand(call, "signal");
  const [, name = "", text] = call.operands;
  if (name === "" || name.length > NAME_CHARS_MAX)
    throw new UsageError(
      name === "" ? "Which signal is sent?" : `The name of a signal has at most ${NAME_CHARS_MAX} characters.`,
      `See what waits with: agentmesh show ${run}`,
    );
  const kind = call.options.has("event") ? "event" : "signal";
  const data = commandPayload(text === undefined ? null : await readJsonArgument(text, "the data of the signal"));
  return await tellRun(call, {
    run,
    send: (mesh) => mesh.send(run, { type: "signal", kind, name, data }),
    done: "sent",
  });
}
