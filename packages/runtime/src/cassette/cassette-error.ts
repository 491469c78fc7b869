/** A cassette cannot be used, or a run differs from the one that it holds. */
import { type JsonObject, MeshError } from "@agentmesh/core";
import type { Difference } from "./json-difference.ts";

const DIFFERENCES_SHOWN = 5;
const NAMED_MAX = 10;

/** The file is not there, cannot be read or written, or is no cassette. */
export class CassetteFileError extends MeshError {
  constructor(file: string, { problem, hint }: { readonly problem: string; readonly hint: string }) {
    super({ code: "AM_CASSETTE_FILE", message: `The cassette ${file} ${problem}.`, hint, facts: { file } });
  }
}

/** A plan asks for what the cassette does not have: found before anything starts. */
export class CassetteMisfitError extends MeshError {
  constructor(file: string, misfits: readonly CassetteMisfit[]) {
    const lines = misfits.slice(0, NAMED_MAX).map(({ task, tool, problem }) => `  ${task}: ${tool} ${problem}`);
    const more = misfits.length > NAMED_MAX ? [`  and ${misfits.length - NAMED_MAX} more`] : [];
    super({
      code: "AM_CASSETTE_MISFIT",
      message: `The cassette ${file} does not fit the plan:\n${[...lines, ...more].join("\n")}`,
      hint: `Record it again with this plan: agentmesh run PLAN --record ${file}`,
      facts: { file, misfits: misfits.map((misfit) => ({ ...misfit })) },
    });
  }
}

export interface CassetteMisfit {
  readonly task: string;
  readonly tool: string;
  readonly problem: string;
}

export interface CassetteMismatch {
  readonly file: string;
  /** `files.read`, or the model's name. */
  readonly called: string;
  /** For people: `the call of files.read`. */
  readonly what: string;
  /** Where the recorded call stands that comes nearest; absent when none is left. */
  readonly at?: string;
  readonly differences: readonly Difference[];
}

/** The message, hint and facts of a call that the cassette does not have; also for the errors that tools and models throw. */
export function mismatchOptions({ file, called, what, at, differences }: CassetteMismatch): {
  readonly code: "AM_CASSETTE_MISMATCH";
  readonly message: string;
  readonly hint: string;
  readonly facts: JsonObject;
} {
  const shown = differences
    .slice(0, DIFFERENCES_SHOWN)
    .map(({ path, recorded, asked }) => `  ${path || "/"}: recorded ${textOf(recorded)}, asked ${textOf(asked)}`);
  const nearest =
    at === undefined
      ? `every recorded call of ${called} was given already, or there was none`
      : `the nearest one that is left is ${at}:\n${shown.join("\n")}`;
  return {
    code: "AM_CASSETTE_MISMATCH",
    message: `${what} is not in the cassette ${file}; ${nearest}`,
    hint: "Mend what has changed, or record the cassette again: agentmesh run ... --record FILE",
    facts: {
      file,
      called,
      ...(at === undefined ? {} : { at }),
      differences: differences.slice(0, DIFFERENCES_SHOWN).map(({ path, recorded, asked }) => ({
        path,
        recorded: recorded ?? null,
        asked: asked ?? null,
      })),
    },
  };
}

/** The first call of a replay that is not in its cassette. */
export class CassetteMismatchError extends MeshError {
  constructor(mismatch: CassetteMismatch) {
    super(mismatchOptions(mismatch));
  }
}

/** Calls of the cassette were never made. */
export class CassetteUnusedError extends MeshError {
  constructor(file: string, unused: readonly { readonly at: string; readonly called: string }[]) {
    const lines = unused.slice(0, NAMED_MAX).map(({ at, called }) => `  ${at}: ${called}`);
    const more = unused.length > NAMED_MAX ? [`  and ${unused.length - NAMED_MAX} more`] : [];
    super({
      code: "AM_CASSETTE_UNUSED",
      message: `${unused.length} of the recorded calls in ${file} were not made:\n${[...lines, ...more].join("\n")}`,
      hint: 'Record the cassette again; or, if only a part of it is wanted, open it with unused: "allow".',
      facts: { file, unused: unused.map((each) => ({ ...each })) },
    });
  }
}

function textOf(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= 120 ? text : `${text.slice(0, 120).toWellFormed()}...`;
}
