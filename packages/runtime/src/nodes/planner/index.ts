/** The parts of the default planner, for programs that measure them. Apart from the face of the package, which loads none of it. */
export { CompletionPlanner, type CompletionPlannerOptions } from "./completion/completion-planner.ts";
export { planSchema, type PlanSchemaOptions } from "./plan-schema.ts";
export { rankTools, selectTools, type ToolSelection, type ToolSelectionRequest } from "./tool-selection.ts";
export { toolSignature } from "./tool-signature.ts";
