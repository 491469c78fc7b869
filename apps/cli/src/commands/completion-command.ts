/** `agentmesh completion`: a script for the user's shell, made from the command table. */
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { completionScript, isShell, SHELLS } from "../completion/completion-script.ts";
import { EXIT } from "../exit-code.ts";

export function completionCommand({ operands, output }: CommandCall): Promise<number> {
  const [shell] = operands;
  if (shell === undefined || !isShell(shell))
    throw new UsageError(
      shell === undefined ? "For which shell?" : `There is no completion for "${shell}".`,
      `One of: ${SHELLS.join(", ")}. For example: agentmesh completion bash`,
    );
  output.result(completionScript(shell));
  return Promise.resolve(EXIT.ok);
}
