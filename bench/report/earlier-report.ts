/** Completes a report with the cells of an earlier one, so that one contender can be measured again alone. */
import { isDeepStrictEqual } from "node:util";
import type { Cell } from "../contender/cell.ts";
import { CONTENDERS } from "../contender/contender-list.ts";
import type { CellRequest } from "../contender/measurement.ts";
import type { MeasuredJob } from "./benchmark-report.ts";

/** The jobs in the order of the earlier report; cells in the order in which contenders are listed. */
export function withEarlier(measured: readonly MeasuredJob[], earlier: readonly MeasuredJob[]): readonly MeasuredJob[] {
  const isNew = ({ job }: MeasuredJob): boolean => earlier.every((before) => before.job.title !== job.title);
  const completed = earlier.map(({ job, cells }) => {
    const fresh = measured.find((each) => each.job.title === job.title)?.cells ?? [];
    const rest = cells.filter(({ request }) => fresh.every((cell) => !isSame(cell.request, request)));
    return { job, cells: [...fresh, ...rest].toSorted((left, right) => rank(left) - rank(right)) };
  });
  return [...completed, ...measured.filter(isNew)];
}

/** The server of an earlier run had another address. */
function isSame(left: CellRequest, right: CellRequest): boolean {
  return isDeepStrictEqual({ ...left, postgresUrl: "" }, { ...right, postgresUrl: "" });
}

function rank({ request }: Cell): number {
  return CONTENDERS.findIndex(({ id }) => id === request.contender);
}
