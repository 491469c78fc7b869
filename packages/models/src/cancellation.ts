/** How a call ends when its caller no longer wants it. */
import { ModelError } from "@agentmesh/ports";

export function cancelledCall(modelId: string): ModelError {
  return new ModelError({
    code: "AM_MODEL_CANCELLED",
    message: `The call of ${modelId} was cancelled.`,
    hint: "Nothing is wrong with the model; start the call again if its answer is still wanted.",
    facts: { model: modelId },
  });
}

/** A controller that aborts when `signal` does, and the way to take the listener off again. */
export interface LinkedAbort {
  readonly controller: AbortController;
  unlink(): void;
}

/** Unlike `AbortSignal.any`, leaves nothing behind on a signal that lives longer than the call. */
export function linkedAbort(signal: AbortSignal): LinkedAbort {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return { controller, unlink: () => signal.removeEventListener("abort", abort) };
}

/** `pending`, or a rejection with the signal's reason as soon as it aborts, even when `pending` never settles. */
export function orAborted<T>(pending: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is the caller's own error
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    const settle = (): void => signal.removeEventListener("abort", abort);
    pending.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it came
        reject(error);
      },
    );
  });
}

/** Tells an iterator that nobody reads on. Not awaited: a source that hangs would hang its reader too. */
export function leave(iterator: AsyncIterator<unknown>): void {
  iterator.return?.().catch(() => undefined);
}
