/**
 * Runs a child under another Node so that the two look like one process: same terminal, same signals, same exit code.
 * Plain JavaScript without dependencies, because it runs on Node versions that are too old for everything else.
 */
import { spawn } from "node:child_process";

const FORWARDED_SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/** Loaded into the child first: when the parent is gone (killed, crashed), the child must not live on unseen. */
const DIE_WITH_PARENT = `data:text/javascript,${encodeURIComponent(
  'process.on("disconnect", () => process.kill(process.pid, "SIGKILL")); process.channel?.unref();',
)}`;

/**
 * Resolves with the exit code; ends this process by the same signal when a signal ended the child.
 * Rejects when `node` cannot be started.
 * @param {string} node path of the Node executable
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<number>}
 */
export function runNode(node, args, options = {}) {
  const child = spawn(node, ["--import", DIE_WITH_PARENT, ...args], {
    ...options,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  const stopForwarding = forwardSignals(child);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      stopForwarding();
      reject(error);
    });
    child.once("exit", (code, signal) => {
      stopForwarding();
      if (signal !== null) process.kill(process.pid, signal);
      else resolve(code ?? 1);
    });
  });
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {() => void} stops it
 */
function forwardSignals(child) {
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    // Ctrl-C in a terminal reaches the whole group: the child has it already, and a second one means "at once".
    if (signal === "SIGINT" && hasTerminal()) return;
    child.kill(signal);
  };
  for (const signal of FORWARDED_SIGNALS) process.on(signal, forward);
  return () => {
    for (const signal of FORWARDED_SIGNALS) process.off(signal, forward);
  };
}

function hasTerminal() {
  return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
}
