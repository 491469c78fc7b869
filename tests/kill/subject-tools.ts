/** The tools of a subject: each tells the ledger what it does. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Json, JsonObject, ToolEffect } from "@agentmesh/core";
import { defineTool, type LocalTool, type ToolContext } from "@agentmesh/mcp";
import type { KillSwitch } from "./kill-switch.ts";
import type { LedgerClient } from "./ledger-client.ts";

/** Large enough not to stand in an event. */
const PADDING = "x".repeat(400);
const HOLD_MS = 60_000;
/** Any object will do. */
const ANYTHING = {
  "~standard": { version: 1 as const, vendor: "kill", validate: (value: unknown) => ({ value }) },
};

export interface ToolWorld {
  readonly ledger: LedgerClient;
  readonly killSwitch: KillSwitch;
  /** Told of every call once it is under way. */
  readonly onCall: () => void;
}

type Body = (args: JsonObject, context: ToolContext) => Json | Promise<Json>;

/** The effects that may happen twice under one key. */
export const REPEATABLE_TOOLS: ReadonlySet<string> = new Set(["read", "list", "again", "gaze"]);

export function subjectTools(world: ToolWorld): readonly LocalTool[] {
  const wrote: Body = ({ v, padded }) => ({ wrote: `${JSON.stringify(v)}${padded === true ? PADDING : ""}` });
  const tool = (name: string, effect: ToolEffect, body: Body): LocalTool =>
    defineTool({
      name,
      description: name,
      input: ANYTHING,
      inputSchema: { type: "object" },
      effect,
      isOpenWorld: false,
      run: (args, context) => act(world, name, { args: args as JsonObject, context, body }) as never,
    });
  return [
    tool("write", "write", wrote),
    tool("read", "read", wrote),
    tool("again", "idempotent", wrote),
    tool("list", "read", ({ count }) => ({ items: Array.from({ length: Number(count) }, (_, index) => `i${index}`) })),
    tool("flaky", "write", (args, { idempotencyKey }) => {
      if (idempotencyKey.endsWith(":1")) throw new Error("not yet");
      return wrote(args, {} as ToolContext);
    }),
    tool("broken", "write", () => {
      throw new Error("broken for good");
    }),
    tool("hold", "write", wrote),
    tool("gaze", "read", wrote),
  ];
}

async function act(
  { ledger, killSwitch, onCall }: ToolWorld,
  tool: string,
  { args, context, body }: { readonly args: JsonObject; readonly context: ToolContext; readonly body: Body },
): Promise<Json> {
  const output = await body(args, context);
  const key = context.idempotencyKey;
  const [run = "", task = ""] = key.split(":");
  onCall();
  await killSwitch.around(() => ledger.record({ run, task, key, tool, output }));
  if (tool === "hold" || tool === "gaze") await sleep(HOLD_MS, undefined, { signal: context.signal });
  return output;
}
