/** One of each loss; a hundred of each: `npm run kill-sweep -- --doubt 100`. */
import { expect, test } from "vitest";
import { LOSSES } from "./doubt-order.ts";
import { runDoubts } from "./run-doubts.ts";

test(
  "a lost answer of a call that is not safe to repeat leaves one effect and one question",
  {
    timeout: 60_000,
  },
  async () => {
    const results = await runDoubts(LOSSES, { lanes: 3 });
    expect(results.toSorted((left, right) => left.loss.localeCompare(right.loss))).toEqual([
      { loss: "crash", faults: [] },
      { loss: "disconnect", faults: [] },
      { loss: "timeout", faults: [] },
    ]);
  },
);
