/** Nothing of that name is served to whoever asks, or is any more. */
import { MeshError } from "@agentmesh/core";

export type ServedKind = "tool" | "resource" | "prompt" | "task";

export class ServedNameError extends MeshError {
  readonly kind: ServedKind;
  readonly named: string;

  constructor(kind: ServedKind, name: string) {
    super({
      code: "AM_NOT_SERVED",
      message: `There is no ${kind} "${name}" here.`,
      hint: kind === "task" ? "It may be over for long, or another caller's." : `List what there is: ${kind}s/list`,
      facts: { kind, name },
    });
    this.kind = kind;
    this.named = name;
  }
}
