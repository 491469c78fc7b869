/** An error as events and `--json` hold it. */
import * as z from "./zod.ts";
import { isJson, type JsonObject } from "./json.ts";

export const ErrorRecord = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  facts: z.custom<JsonObject>(
    (value) => isJson(value) && typeof value === "object" && value !== null && !Array.isArray(value),
  ),
});
export type ErrorRecord = z.infer<typeof ErrorRecord>;
