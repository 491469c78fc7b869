/** Closing what may hang: nobody waits for it longer than this. */

/** What goes on after the limit, in milliseconds, goes on unseen. Rejects as `work` does, within the limit. */
export async function atMost(limitMs: number, work: () => Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, limitMs);
  const done = work();
  done.catch(() => undefined); // after the limit
  try {
    await Promise.race([done, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
