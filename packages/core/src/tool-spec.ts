/** What the mesh knows of one tool before it calls it. Schemas are the tool's own, unchanged: they validate; projections for models are derived. */
import * as z from "./zod.ts";
import type { JsonObject, JsonSchema } from "./json.ts";

/**
 * What a call may do to the world. `read`: nothing. `idempotent`: the same call twice is as once.
 * `write`: adds or changes. `destructive`: may remove or overwrite. Decides what may be repeated (promise 3).
 */
export const ToolEffect = z.enum(["read", "idempotent", "write", "destructive"]);
export type ToolEffect = z.infer<typeof ToolEffect>;

/** A call of it has a run of its own: of this mesh (`workflow`), or elsewhere (`agent`). */
export const ToolRuns = z.enum(["workflow", "agent"]);
export type ToolRuns = z.infer<typeof ToolRuns>;

/** What the recorded outputs of a tool that declares no output schema looked like: keys and types, no values. */
export interface LearnedShape {
  readonly learned: true;
  /** Every output that was looked at fits it; the next one may not. */
  readonly schema: JsonSchema;
  /** Some outputs held what an open-world tool had put out, so that even the keys may be a stranger's. */
  readonly isUntrusted: boolean;
}

export interface ToolSpec {
  /** `server.tool`, or `workflow:NAME`, `agent:NAME`; unique in its registry. */
  readonly name: string;
  /** The name of its server in the configuration: the part of `name` before the first dot. */
  readonly server: string;
  /** The name the server itself uses. */
  readonly tool: string;
  readonly title?: string;
  /** Untrusted text of the server, control characters removed. */
  readonly description: string;
  readonly inputSchema: JsonObject;
  /** Absent: what the tool returns is unchecked. */
  readonly outputSchema?: JsonSchema;
  /** Only where there is no output schema. Says nothing for certain: it refuses no plan and no value. */
  readonly outputShape?: LearnedShape;
  readonly effect: ToolEffect;
  /** Whether it may remove or overwrite although it is idempotent: a policy may ask before it. */
  readonly isDestructive?: boolean;
  /** Whether its output may hold text of strangers (web, mail...). Unknown counts as true. */
  readonly isOpenWorld: boolean;
  /** Absent: a call is only a call. */
  readonly runs?: ToolRuns;
  /** As the server sent it, where that is more than `description` shows; untrusted and not for showing. */
  readonly rawDescription?: string;
  /** As the server sent them; untrusted. */
  readonly annotations?: JsonObject;
  /** sha256, base64url, over name, description, both schemas and annotations: a changed tool has another one. */
  readonly fingerprint: string;
}
