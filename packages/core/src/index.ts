/** The pure core: plans and their checks, events, and the state machine of a run. No clock, no I/O, no chance; runs in a browser. */
export { MissingValueError, type RootValue } from "./plan-value.ts";
export { commandRefusal, overError } from "./command-refusal.ts";
export { checkPlan, type PlanCheck } from "./check-plan.ts";
export { type CompiledPlan, compilePlan } from "./compiled-plan.ts";
export type { CompiledTask } from "./compiled-task.ts";
export { decide, transition } from "./decide.ts";
export { CacheHit } from "./cache-hit.ts";
export { ErrorRecord } from "./error-record.ts";
export {
  CorruptEventError,
  decodeEvent,
  decodeSealedEvent,
  encodeEvent,
  type StoredEvent,
  type TextDigest,
} from "./event-codec.ts";
export { type EventPayload, payloadsOf } from "./event-payload.ts";
export { evolve, JournalOrderError } from "./evolve.ts";
export { Finding, FindingCode, FindingSeverity, hasErrors } from "./finding.ts";
export { ForkPlanMissingError, ForkTaskNeverRanError, ForkTaskUnknownError } from "./fork/fork-error.ts";
export type { ForkPlan, RepeatedEffect, Rerun, RerunReason } from "./fork/fork-plan.ts";
export { type ForkRequest, planFork } from "./fork/plan-fork.ts";
export { compileExpression, compileTemplate, isTemplate, TemplateError } from "./jinja.ts";
export {
  canonicalJson,
  isJson,
  isJsonObject,
  type Json,
  JSON_DEPTH_MAX,
  type JsonObject,
  jsonPointer,
  type JsonSchema,
  ownValue,
} from "./json.ts";
export {
  compileJsonSchema,
  type JsonValidator,
  type SchemaViolation,
  UnusableSchemaError,
  validateJson,
} from "./json-validator.ts";
export { MeshError, type MeshErrorOptions } from "./mesh-error.ts";
export { APPROVE_TOOL, GENERATE_TOOL, MESH_TOOLS, WAIT_TOOL } from "./mesh-tools.ts";
export { ModelCallRecord, ModelUsageRecord } from "./model-call.ts";
export { nearestNames, suggestion } from "./nearest-names.ts";
export { NodeName } from "./node-name.ts";
export type { ComposerOutcome, NodeOutcome, PlannerOutcome, RouterOutcome, ValidatorOutcome } from "./node-outcome.ts";
export { parsePlan, type ParsedPlan } from "./parse-plan.ts";
export { describedPayload, INLINE_BYTES_MAX, Payload } from "./payload.ts";
export { planJsonSchema } from "./plan-schema.ts";
export { MESH_SERVER, Plan, type PlanInput, PlanTask, RESERVED_IDS, TASK_ID } from "./plan.ts";
export {
  type EachOptions,
  type ElementOptions,
  PlanBuilder,
  PlanBuilderError,
  type PlanValue,
  type PlanValues,
  type TaskOptions,
  text,
  type ValueReference,
} from "./plan-builder.ts";
export { type Provenance, provenanceOfTask } from "./provenance.ts";
export { formatReference, parseReference, type Reference, valueAt } from "./reference.ts";
export { assertArguments, isToRepeat, resolveTask, type ResolvedTask } from "./resolve-task.ts";
export type { RunEffect } from "./run-effect.ts";
export { APPROVED_PAYLOAD, NULL_PAYLOAD, REJECTED_PAYLOAD } from "./constant-payload.ts";
export {
  EVENT_VERSION,
  isTerminal,
  RunEvent,
  type RunEventOf,
  type RunEventType,
  type RunOrigin,
} from "./run-event.ts";
export {
  type CallFailedInput,
  type CallSucceededInput,
  type CallSuspendedInput,
  type ForkStart,
  type NodeFailedInput,
  type NodeSucceededInput,
  type ReusedTask,
  RunCommand,
  type RunInput,
  type StartInput,
  type TaskResolution,
} from "./run-input.ts";
export { type BudgetLine, leftOf } from "./run-budget.ts";
export { INPUT_EXPIRES_MS, RunBudget, RunPolicy, type RunPolicyInput } from "./run-policy.ts";
export { type Ask, bindingOf, idempotencyKeyOf, isOver, RunState, type TaskState, useOf } from "./run-state.ts";
export { RunScope, ToolFilter } from "./run-scope.ts";
export {
  type PublicRunStatus,
  type PublicTaskStatus,
  publicStatus,
  runOutline,
  type RunOutline,
  runView,
  type RunView,
  taskView,
  type TaskView,
  type WaitView,
} from "./run-view.ts";
export { SCHEMA_ANNOTATIONS } from "./schema-annotation.ts";
export { openEffects, takeEffects } from "./take-effects.ts";
export { ToolBinding, ToolBindings } from "./tool-binding.ts";
export { kindOfUse, serverOfUse, type UseKind } from "./tool-use.ts";
export { catalogueOf, catalogueOfRouting, type ToolCatalogue } from "./tool-catalogue.ts";
export { type ToolChange, ToolDrift } from "./tool-drift.ts";
export { ToolEffect, type LearnedShape, type ToolSpec } from "./tool-spec.ts";
export { type ChildReport, type ChildShare, ChildUsage, NO_USAGE } from "./child-run.ts";
export { DEPTH_MAX_DEFAULT, RunParent } from "./run-parent.ts";
export { type ChromeTrace, chromeTrace } from "./trace/chrome-trace.ts";
export { type CriticalStep, criticalPath } from "./trace/critical-path.ts";
export { mermaidChart } from "./trace/mermaid-chart.ts";
export { type PlanEdge, type PlanGraph, planGraph, type PlanNode } from "./trace/plan-graph.ts";
export { type RunTrace, runsWithin, traceRun } from "./trace/run-trace.ts";
export { spanTree, type TreeRow } from "./trace/span-tree.ts";
export { startedRuns, type TraceSources, traceTree } from "./trace/trace-tree.ts";
export { type TraceDocument, traceDocument } from "./trace/trace-document.ts";
export type { ChildAbsence, SpanFacts, SpanKind, SpanStatus, TraceSpan, WaitCause, Waits } from "./trace/trace-span.ts";
