/** Plans are kept by a version of the planner. Who changes what models are told raises it, or old plans live on. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { PLANNER_SYSTEM_PROMPT } from "../nodes/planner/planner-prompt.ts";
import { PLANNER_VERSION } from "./caching-planner.ts";

test("the prompt of the planner is that of its version: raise PLANNER_VERSION when it changes", () => {
  const digest = createHash("sha256").update(PLANNER_SYSTEM_PROMPT).digest("base64url").slice(0, 12);
  expect(`${PLANNER_VERSION} ${digest}`).toBe("1 qQFdDeLlm67b");
});
