/** The published JSON Schema of a plan, for editors and other programs: derived, never written by hand. */
import * as z from "./zod.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { Plan } from "./plan.ts";

/** Draft 2020-12, of what people write: defaults may be left out. */
export function planJsonSchema(): JsonObject {
  const schema: unknown = z.toJSONSchema(Plan, { io: "input", unrepresentable: "any", target: "draft-2020-12" });
  return { title: "AgentMesh plan", ...(isJsonObject(schema) ? schema : {}) };
}
