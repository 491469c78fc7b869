/**
 * One call in the newer era may take several rounds (SEP-2322): the server answers that it needs input, and is sent the call
 * again with what was found out and with its own state, untouched.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type Client,
  type InputRequiredResult,
  isInputRequiredResult,
  type Progress,
  type Tool,
} from "@modelcontextprotocol/client";
import type { ToolSpec } from "@agentmesh/core";
import type { ToolProgress } from "@agentmesh/ports";
import { toolFailed } from "../tool/call-failure.ts";
import { cleanText } from "../tool/clean-text.ts";
import { callCapabilities } from "./client-capabilities.ts";
import { answerInput } from "./input-requests.ts";
import type { ConnectionCall } from "./mcp-connection.ts";

const IDEMPOTENCY_KEY_META = "agentmesh/idempotencyKey";
/** Timeouts are ours (Deadline): the SDK's own clock never ends a request. The longest that a timer can wait. */
export const NEVER_MS = 2_147_483_647;
const ROUNDS_MAX = 10;
const REQUESTS_OF_ROUND_MAX = 10;
/** Before a server that asks for nothing but patience is asked again. */
const PAUSE_MS = 250;
export const PROGRESS_TEXT_CHARS_MAX = 500;

export interface CallRound {
  readonly client: Client;
  readonly call: ConnectionCall;
  readonly roots: readonly string[];
  /** Aborted when the request is given up. */
  readonly signal: AbortSignal;
  /** Told of each answer that asks for more: the server has begun. */
  readonly onRound: () => void;
}

/** Rejects as the SDK does, and with ToolCallError when the server asks for what it cannot have. */
export async function callInRounds(round: CallRound): Promise<CallToolResult> {
  const { client, call, onRound, roots, signal } = round;
  let more: object = {};
  for (let rounds = 0; rounds <= ROUNDS_MAX; rounds++) {
    const answer: CallToolResult | InputRequiredResult = await send(client, call, { more, roots, signal });
    if (!isInputRequiredResult(answer)) return answer;
    onRound();
    more = await answersTo(answer, round);
  }
  const text = `it asked for input ${ROUNDS_MAX} times and came to no end`;
  throw toolFailed(call.spec, { text, retryable: false });
}

interface RoundParams {
  /** Answers to the round before, and the server's state. */
  readonly more: object;
  readonly roots: readonly string[];
  readonly signal: AbortSignal;
}

function send(client: Client, { spec, args, options, deadline }: ConnectionCall, { more, roots, signal }: RoundParams) {
  const { meta, idempotencyKey, onProgress, onInput } = options;
  const isModern = client.getProtocolEra() === "modern";
  const capabilities = callCapabilities({ canAsk: onInput !== undefined, roots });
  const said = isModern ? { [CLIENT_CAPABILITIES_META_KEY]: capabilities } : {};
  return client.callTool(
    {
      name: spec.tool,
      arguments: args,
      ...more,
      _meta: { ...meta, ...said, [IDEMPOTENCY_KEY_META]: idempotencyKey },
    },
    {
      signal,
      timeout: NEVER_MS,
      allowInputRequired: true,
      toolDefinition: definitionOf(spec),
      onprogress: (progress) => {
        deadline.restart();
        onProgress?.(progressOf(progress));
      },
    },
  );
}

/** Gives the SDK what it needs for headers, and no output schema: results are checked here, by core. */
function definitionOf({ tool, inputSchema }: ToolSpec): Tool {
  return { name: tool, inputSchema: inputSchema as Tool["inputSchema"] };
}

async function answersTo({ inputRequests = {}, requestState }: InputRequiredResult, round: CallRound): Promise<object> {
  const { call, roots } = round;
  const { spec: called, deadline, options } = call;
  const asked = Object.entries(inputRequests);
  if (asked.length > REQUESTS_OF_ROUND_MAX)
    throw toolFailed(called, { text: `it asks for ${asked.length} inputs at once`, retryable: false });
  if (asked.length === 0) await deadline.race(sleep(PAUSE_MS));
  const inputResponses: Record<string, object> = {};
  // One after the other: nobody fills in two forms at once.
  for (const [key, request] of asked)
    inputResponses[key] = await answerInput(request, { called, deadline, onInput: options.onInput }, roots);
  return {
    ...(asked.length === 0 ? {} : { inputResponses }),
    ...(requestState === undefined ? {} : { requestState }),
  };
}

export function progressOf({ progress, total, message }: Progress): ToolProgress {
  return {
    progress,
    ...(total === undefined ? {} : { total }),
    ...(message === undefined ? {} : { message: cleanText(message, PROGRESS_TEXT_CHARS_MAX) }),
  };
}
