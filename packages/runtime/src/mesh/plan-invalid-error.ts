/** A plan or its inputs cannot even be started with: found before a run exists. */
import { type Finding, MeshError } from "@agentmesh/core";

export class PlanInvalidError extends MeshError {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const [first] = findings;
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
    const at = first === undefined || first.path === "" ? "" : `${first.path}: `;
    super({
      code: "AM_PLAN_INVALID",
      message: `The plan cannot be run. ${at}${first?.message ?? ""}${more}`,
      hint: first?.hint ?? "See every finding with: agentmesh check FILE",
      facts: { findings: findings.map(({ code, path, message }) => ({ code, path, message })) },
    });
    this.findings = findings;
  }
}
