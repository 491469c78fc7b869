/** What a run may do, fixed when it is created. */
import * as z from "./zod.ts";

/** What a run may use up, over all its attempts. Every limit is optional. */
export const RunBudget = z.strictObject({
  /** Tokens of all model calls, in and out. */
  tokens: z.int().min(0).optional(),
  /** US dollars, by the prices of the models. */
  usd: z.number().min(0).optional(),
  /** Tool calls. */
  calls: z.int().min(0).optional(),
  /** Wall time, without the time that it waits for people. */
  seconds: z.number().min(0).optional(),
  /** What follows when one is used up: the run fails, or a person is asked for more. */
  onExceeded: z.enum(["fail", "ask"]).optional(),
});
export type RunBudget = z.infer<typeof RunBudget>;

/** How long a person may take for what a server asks, when the policy says nothing: 5 minutes. */
export const INPUT_EXPIRES_MS = 300_000;

export const RunPolicy = z.strictObject({
  /** How many calls run at once. */
  concurrency: z
    .strictObject({
      run: z.int().min(1).default(16),
      /** By server name. */
      servers: z.record(z.string(), z.int().min(1)).default({}),
      /** By tool name, `server.tool`. */
      tools: z.record(z.string(), z.int().min(1)).default({}),
    })
    .prefault({}),
  /** How many tasks a plan that a model wrote may have. */
  plannedTasksMax: z.int().min(1).default(64),
  /** How often the planner may be asked for one accepted plan. */
  planAttemptsMax: z.int().min(1).max(20).default(3),
  /** How often the validator's findings may change an accepted plan. */
  patchesMax: z.int().min(0).max(20).default(2),
  /** Extra attempts after an error that says it may pass (a lost connection, a busy server); a task's `retry` overrides it. */
  retryMax: z.int().min(0).max(100).default(2),
  /** Wait before the first extra attempt; doubles each time, up to `backoffMsMax`, with jitter. */
  backoffMs: z.int().min(0).default(250),
  backoffMsMax: z.int().min(0).default(30_000),
  /** What becomes of a call whose outcome nobody knows and that is not safe to repeat. */
  inDoubt: z.enum(["ask", "retry", "fail"]).default("ask"),
  /**
   * What asks a person first: an effect (`write` means all that is at least as dangerous), a tool (`server.tool`, `server.*`),
   * or `plan`. Absent: only tasks that say so themselves.
   */
  approve: z.array(z.string().min(1).max(200)).max(1_000).optional(),
  budget: RunBudget.optional(),
  /** How long a person may take for what a server asks in the middle of a call (default 300,000); 0: nobody is asked. */
  inputExpiresMs: z.int().min(0).max(86_400_000).optional(),
  /** How many levels below the first run a run may be that another one has started (default 8). */
  maxDepth: z.int().min(0).max(64).optional(),
});
export type RunPolicy = z.infer<typeof RunPolicy>;
export type RunPolicyInput = z.input<typeof RunPolicy>;
