/** What the newest outputs of one tool looked like: two halves, so that what is long past is forgotten at a constant cost. */
import type { LearnedShape, JsonSchema } from "@agentmesh/core";
import * as z from "@agentmesh/core/zod";
import { mergeShapes, SHAPE_NODES_MAX, shapeNodes, ValueShape } from "./value-shape.ts";

/** Outputs in one half: the shape is that of the newest 64 to 128 that were looked at. */
const HALF = 64;
const FORMAT = 1;

/** `isUntrusted`: one of its outputs held what an open-world tool had put out. */
const ShapeHalf = z.strictObject({ shape: ValueShape, isUntrusted: z.boolean() });
type ShapeHalf = z.infer<typeof ShapeHalf>;

/** As it is kept in the store. */
export const ShapeWindow = z.strictObject({
  v: z.literal(FORMAT),
  /** In the newer half. */
  outputs: z.int().min(1).max(HALF),
  newer: ShapeHalf,
  older: ShapeHalf.optional(),
});
export type ShapeWindow = z.infer<typeof ShapeWindow>;

export function addOutput(window: ShapeWindow | undefined, output: ShapeHalf): ShapeWindow {
  if (window === undefined) return { v: FORMAT, outputs: 1, newer: bounded(output) };
  const { outputs, newer, older } = window;
  if (outputs >= HALF) return { v: FORMAT, outputs: 1, newer: bounded(output), older: newer };
  const rest = older === undefined ? {} : { older };
  return { v: FORMAT, outputs: outputs + 1, newer: both(newer, output), ...rest };
}

/** Undefined when there is nothing to say, since anything fits. */
export function learnedShape({ newer, older }: ShapeWindow): LearnedShape | undefined {
  const { shape, isUntrusted } = older === undefined ? newer : both(older, newer);
  return shape === true ? undefined : { learned: true, schema: shape as unknown as JsonSchema, isUntrusted };
}

function both(left: ShapeHalf, right: ShapeHalf): ShapeHalf {
  return bounded({
    shape: mergeShapes(left.shape, right.shape),
    isUntrusted: left.isUntrusted || right.isUntrusted,
  });
}

function bounded({ shape, isUntrusted }: ShapeHalf): ShapeHalf {
  return { shape: shapeNodes(shape) > SHAPE_NODES_MAX ? true : shape, isUntrusted };
}
