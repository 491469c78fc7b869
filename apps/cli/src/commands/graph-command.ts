/** `agentmesh graph`: the tasks of a plan file or of a run, and what depends on what. */
import { mermaidChart, parsePlan, type PlanGraph, planGraph } from "@agentmesh/core";
import { PlanInvalidError } from "@agentmesh/runtime";
import { outputFormat } from "../arguments/output-format.ts";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { isPlanFileName, readPlanFile } from "../documents/plan-file.ts";
import { EXIT } from "../exit-code.ts";
import { openSession } from "../session.ts";

/** Mermaid draws no more edges than that unless its own settings say so. */
const MERMAID_EDGES_MAX = 500;
const FORMATS = {
  known: ["mermaid", "json"],
  planned: { langgraph: "Until then: --format json has the same nodes and edges." },
} as const;
type Format = (typeof FORMATS.known)[number];

interface Drawing {
  readonly graph: PlanGraph;
  /** Of a run alone. */
  readonly facts: { readonly run?: string; readonly status?: string; readonly seq?: number };
}

export async function graphCommand(call: CommandCall): Promise<number> {
  const { output, operands, options } = call;
  const [operand] = operands;
  const format = outputFormat<Format>(call, FORMATS);
  if (operand === undefined || operand === "")
    throw new UsageError("Which plan file or run is to be drawn?", "For example: agentmesh graph plan.json");
  const { graph, facts } = isPlanFileName(operand) ? await drawFile(operand) : await drawRun(operand, call);
  if (format === "json" || (output.isJson && !options.has("format"))) {
    output.document({ ...facts, ...graph });
    return EXIT.ok;
  }
  const chart = mermaidChart(graph);
  if (output.isJson) output.document({ ...facts, name: graph.name, mermaid: chart });
  else output.result(chart);
  if (graph.edges.length > MERMAID_EDGES_MAX)
    output.warn(
      `The plan has ${graph.edges.length} edges: raise maxEdges (${MERMAID_EDGES_MAX}) in Mermaid's settings.`,
    );
  return EXIT.ok;
}

/** Needs no configuration and no server. Throws PlanFileError, PlanInvalidError. */
async function drawFile(path: string): Promise<Drawing> {
  const { document } = await readPlanFile(path);
  const { plan, findings } = parsePlan(document);
  if (plan === undefined) throw new PlanInvalidError(findings);
  return { graph: planGraph(plan), facts: {} };
}

/** Throws UnknownRunError, UsageError. */
async function drawRun(name: string, call: CommandCall): Promise<Drawing> {
  await using mesh = await openSession(call);
  const { run, status, seq, plan, tasks } = await mesh.show(name);
  if (plan === undefined)
    throw new UsageError(`The run ${run} has no accepted plan.`, `See what became of it: agentmesh show ${run}`);
  return { graph: planGraph(plan, tasks), facts: { run, status, seq } };
}
