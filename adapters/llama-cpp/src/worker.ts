/** The child process of a model: llama.cpp may end its process (a broken file, a fault in it), which must not be ours. */
import { LoadedLlama } from "./loaded-llama.ts";
import { failureOf, WorkerFault } from "./worker-fault.ts";
import { WorkerCommand, type WorkerReport } from "./worker-message.ts";

const running = new Map<number, AbortController>();
let loaded: LoadedLlama | undefined;

// Ctrl-C reaches the whole process group: the parent cancels in its own order.
process.on("SIGINT", () => undefined);
// A parent that is gone wants no answer.
process.on("disconnect", () => process.exit(0));
process.on("message", (message) => {
  const command = WorkerCommand.parse(message);
  if (command.type === "cancel") running.get(command.id)?.abort();
  else void run(command);
});

type Call = Exclude<WorkerCommand, { readonly type: "cancel" }>;

async function run(command: Call): Promise<void> {
  const controller = new AbortController();
  running.set(command.id, controller);
  try {
    report(await carryOut(command, controller.signal));
  } catch (error) {
    report({ type: "failed", id: command.id, failure: failureOf(error, controller.signal) });
  } finally {
    running.delete(command.id);
  }
}

async function carryOut(command: Call, signal: AbortSignal): Promise<WorkerReport> {
  const { id } = command;
  if (command.type === "load") {
    loaded = await LoadedLlama.load(command.load);
    return { type: "loaded", id, model: loaded.info };
  }
  if (loaded === undefined) throw new WorkerFault({ kind: "fault", message: "no model is loaded" });
  if (command.type === "count") return { type: "counted", id, tokens: loaded.countTokens(command.messages) };
  const end = await loaded.generate(
    command.generation,
    {
      onStart: (counts) => report({ type: "started", id, ...counts }),
      onDelta: (kind, text) => report({ type: "delta", id, kind, text }),
    },
    signal,
  );
  return { type: "ended", id, ...end };
}

function report(message: WorkerReport): void {
  if (process.connected) process.send?.(message);
}
