/**
 * The order of calls over workflows that people really ran (WfInstances), through the pure core in virtual time. A mean
 * ratio says how near a schedule is to max(work / slots, critical path), which no schedule beats.
 */
import { describe, expect, test } from "vitest";
import { virtualRun, type VirtualRunResult } from "./virtual-run.ts";
import { boundsOf, mergedInstance, planOf, type WorkflowInstance, workflowInstances } from "./workflow-instance.ts";

const SLOTS = 8;
const RATIO_EXPECTED_MAX = 1.1;
const RATIO_UNKNOWN_MAX = 1.15;

const instances = workflowInstances();

function schedule(instance: WorkflowInstance, isExpected: boolean): VirtualRunResult {
  const durationMs = (task: string): number => instance.durationMs.get(task) ?? 0;
  return virtualRun({ plan: planOf(instance, isExpected), slots: SLOTS, durationMs });
}

/** Tasks that started before one that they wait for was over, or not exactly once. */
function violations({ parents }: WorkflowInstance, { tasks }: VirtualRunResult): readonly string[] {
  return [...parents].flatMap(([id, before]) => {
    const task = tasks.get(id);
    const isInOrder = before.every((each) => {
      const succeededSeq = tasks.get(each)?.succeededSeq ?? 0;
      return succeededSeq > 0 && succeededSeq < (task?.startedSeq ?? 0);
    });
    return task?.starts === 1 && isInOrder ? [] : [id];
  });
}

/** Graham, 1969: every schedule that leaves no slot idle while a task is ready keeps it. */
function grahamMs(instance: WorkflowInstance): number {
  const { workMs, criticalPathMs } = boundsOf(instance);
  return workMs / SLOTS + criticalPathMs * (1 - 1 / SLOTS);
}

function ratio(instance: WorkflowInstance, { makespanMs }: VirtualRunResult): number {
  const { workMs, criticalPathMs } = boundsOf(instance);
  return makespanMs / Math.max(workMs / SLOTS, criticalPathMs);
}

describe.each([
  ["with expected durations", true, RATIO_EXPECTED_MAX],
  ["without expected durations", false, RATIO_UNKNOWN_MAX],
])("each workflow by itself, %s,", (name, isExpected, ratioMax) => {
  const results = instances.map((instance) => ({ instance, result: schedule(instance, isExpected) }));

  test("succeeds in order, within Graham's bound", () => {
    const wrong = results.filter(
      ({ instance, result }) =>
        result.status !== "succeeded" ||
        violations(instance, result).length > 0 ||
        result.makespanMs > grahamMs(instance) + 1,
    );
    expect(wrong.map(({ instance }) => instance.name)).toEqual([]);
  });

  test(`is near the best possible: mean ratio at most ${ratioMax}`, () => {
    const ratios = results.map(({ instance, result }) => ratio(instance, result));
    const mean = ratios.reduce((sum, each) => sum + each, 0) / ratios.length;
    const worst = Math.max(...ratios).toFixed(3);
    process.stdout.write(`${instances.length} workflows ${name}: mean ${mean.toFixed(4)}, worst ${worst}\n`);
    expect(mean).toBeLessThanOrEqual(ratioMax);
  });
});

test("all workflows as one plan succeed in order, within Graham's bound", () => {
  const all = mergedInstance(instances);
  const result = schedule(all, false);
  const edges = all.parents.values().reduce((sum, before) => sum + before.length, 0);
  process.stdout.write(`one plan of ${all.parents.size} tasks, ${edges} edges: ${result.events} events\n`);
  expect(result.status).toBe("succeeded");
  expect(violations(all, result)).toEqual([]);
  expect(result.makespanMs).toBeLessThanOrEqual(grahamMs(all) + 1);
});
