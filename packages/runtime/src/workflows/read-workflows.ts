/** The plans that a configuration gives names: served as tools, and run as children of other runs. */
import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { hasErrors, parsePlan, type Plan } from "@agentmesh/core";
import { WorkflowFileError } from "./workflow-file-error.ts";

const WORKFLOW_BYTES_MAX = 16 * 1024 * 1024;

export type Workflows = ReadonlyMap<string, Plan>;

/** `files`: absolute paths by name. Throws WorkflowFileError. */
export async function readWorkflows(files: Readonly<Record<string, string>>): Promise<Workflows> {
  const plans = Object.entries(files).map(
    async ([workflow, file]) => [workflow, await readWorkflow(workflow, file)] as const,
  );
  return new Map(await Promise.all(plans));
}

async function readWorkflow(workflow: string, file: string): Promise<Plan> {
  const fault = (problem: string): WorkflowFileError => new WorkflowFileError({ workflow, file }, { problem });
  if (extname(file) === ".mesh") throw fault("is in the mesh text form, which is not read yet: write it as JSON.");
  const { plan, findings } = parsePlan(documentOf(await textOf(file, fault), fault));
  if (plan !== undefined && !hasErrors(findings)) return plan;
  const facts = { findings: findings.map(({ code, path, message }) => ({ code, path, message })) };
  const problem = `is no plan: ${findings[0]?.path ?? ""} ${findings[0]?.message ?? ""}`;
  throw new WorkflowFileError({ workflow, file }, { problem, facts });
}

type Fault = (problem: string) => WorkflowFileError;

async function textOf(file: string, fault: Fault): Promise<string> {
  try {
    if ((await stat(file)).size > WORKFLOW_BYTES_MAX) throw fault(`is larger than ${WORKFLOW_BYTES_MAX} bytes.`);
    return (await readFile(file, "utf8")).replace(/^\ufeff/, "");
  } catch (error) {
    if (error instanceof WorkflowFileError) throw error;
    throw fault(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"}).`);
  }
}

function documentOf(text: string, fault: Fault): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw fault("is not JSON.");
  }
}
