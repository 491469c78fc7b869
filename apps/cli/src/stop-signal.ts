/** Ctrl-C, or whoever stops services, for commands that go on until they are told. The second one ends the process at once. */
import { EXIT } from "./exit-code.ts";

export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  const stop = (): void => {
    if (stopping.signal.aborted) process.exit(EXIT.interrupted);
    stopping.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  return stopping.signal;
}
