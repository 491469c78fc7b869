/** A run as a task of MCP's extension: asked for, answered and cancelled by whoever called the tool. */
import type { RunView } from "@agentmesh/core";
import { type ClientAbilities, ServedNameError, type ServedTask } from "@agentmesh/mcp/server";
import { UnknownRunError } from "../mesh/unknown-run-error.ts";
import { runAnswer } from "./run-answer.ts";
import type { ServedRuns } from "./served-runs.ts";
import type { ResultShape } from "./served-work.ts";
import { questionsOf } from "./wait-questions.ts";

const POLL_MS = 1_000;
const SHAPES: readonly ResultShape[] = ["run", "output", "content"];

export interface TaskName {
  readonly run: string;
  readonly shape: ResultShape;
}

/** `output/r_01m...`: what its result will look like, and the run. */
function taskId({ run, shape }: TaskName): string {
  return `${shape}/${run}`;
}

/** Throws ServedNameError. */
export function taskName(id: string): TaskName {
  const [first = "", run = ""] = id.split("/");
  const shape = SHAPES.find((each) => each === first);
  if (shape === undefined || run === "") throw new ServedNameError("task", id);
  return { shape, run };
}

/** Throws ServedNameError. */
export async function runTask(
  runs: ServedRuns,
  { run, shape, client }: TaskName & { readonly client: ClientAbilities },
): Promise<ServedTask> {
  const view = await viewOf(runs, run);
  const { status, createdAtMs, endedAtMs } = view;
  const times = { createdAtMs, updatedAtMs: endedAtMs ?? Date.now(), pollMs: POLL_MS };
  const task = { id: taskId({ run, shape }), ...times };
  if (status === "cancelled") return { ...task, status };
  const result = runs.cameTo(view);
  if (result === undefined) {
    if (status === "running") runs.takeUp(run);
    return { ...task, status: "working", message: progressText(view) };
  }
  if (result.status !== "suspended") return { ...task, status: "completed", result: runAnswer(result, shape) };
  const { waits = [] } = result;
  const requests = questionsOf(run, waits, client);
  const message = `The run ${run} waits: ${waits.map(({ name }) => name).join(", ")}`;
  const isAsking = Object.keys(requests).length > 0;
  return { ...task, message, ...(isAsking ? { status: "input_required", requests } : { status: "working" }) };
}

async function viewOf(runs: ServedRuns, run: string): Promise<RunView> {
  try {
    return await runs.mesh.show(run);
  } catch (error) {
    if (error instanceof UnknownRunError) throw new ServedNameError("task", run);
    throw error;
  }
}

function progressText({ tasks }: RunView): string {
  const all = Object.values(tasks);
  const over = all.filter(({ endedAtMs }) => endedAtMs !== undefined);
  return all.length === 0 ? "planning" : `${over.length} of ${all.length} tasks are over`;
}
