/** Ctrl-C: the first one asks for an orderly end, the second one ends at once. */
import { EXIT } from "./exit-code.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** `onFirst` is called once; returns the way to stop listening. */
export function onInterrupt(onFirst: () => void): () => void {
  let isFirst = true;
  const interrupted = (): void => {
    if (!isFirst) process.exit(EXIT.interrupted);
    isFirst = false;
    onFirst();
  };
  for (const signal of SIGNALS) process.on(signal, interrupted);
  return () => {
    for (const signal of SIGNALS) process.off(signal, interrupted);
  };
}
