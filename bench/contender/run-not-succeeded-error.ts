/** A contender's run ended, and not well: there is nothing to measure. */
export class RunNotSucceededError extends RangeError {
  constructor(status: string, detail = "") {
    super(`the run ended as "${status}" ${detail}`);
  }
}
