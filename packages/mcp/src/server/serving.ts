/** What the handlers of one server share: who asks, what a handler is given, and how its answer goes out. */
import { isJson, isJsonObject, type JsonObject } from "@agentmesh/core";
import type { McpServer, ServerContext } from "@modelcontextprotocol/server";
import { clientAbilities } from "./client-abilities.ts";
import type { CallProgress, McpService, Principal, ServedAnswer, ServedCall, ServedRequest } from "./mcp-service.ts";
import type { RequestSeal } from "./request-seal.ts";
import { askedDocument, taskDocument } from "./task-document.ts";

/** What the SDK answers with. */
export type SdkServer = McpServer["server"];

export interface ServingParts {
  readonly service: McpService;
  readonly seal: RequestSeal;
  readonly principalOf: (context: ServerContext) => Principal;
}

/** What the handlers of one server share. */
export interface Serving extends ServingParts {
  readonly server: SdkServer;
  readonly request: (context: ServerContext) => ServedRequest;
  /** `args`: what the answers to a question are bound to. */
  readonly call: (args: JsonObject, context: ServerContext) => ServedCall;
  /** The answer as the SDK takes it. */
  readonly result: (answer: ServedAnswer, args: JsonObject, context: ServerContext) => Promise<never>;
}

export function servingOf(server: SdkServer, parts: ServingParts): Serving {
  const request = (context: ServerContext): ServedRequest => ({
    principal: parts.principalOf(context),
    signal: context.mcpReq.signal,
    meta: metaOf(context),
    client: clientAbilities(server, context),
  });
  return {
    ...parts,
    server,
    request,
    call: (args, context) => {
      const answers = context.mcpReq.inputResponses;
      const state = parts.seal.open(args, context);
      const isReply = answers !== undefined || state !== undefined;
      return {
        ...request(context),
        ...(isReply ? { reply: { answers: answers ?? {}, ...(state === undefined ? {} : { state }) } } : {}),
        progress: progressOf(context),
        // oxlint-disable-next-line typescript/no-deprecated -- for clients of 2025, which may want it
        log: (level, data) => void context.mcpReq.log(level, data).catch(() => undefined),
      };
    },
    result: async (answer, args, context) => (await resultOf(answer, { args, context, parts })) as never,
  };
}

function metaOf({ mcpReq: { _meta } }: ServerContext): JsonObject {
  const { progressToken: _, ...meta }: Readonly<Record<string, unknown>> = _meta ?? {};
  return isJson(meta) && isJsonObject(meta) ? meta : {};
}

/** By the signal of a request, which stays the same while its client of 2025 is asked and answers. */
const reported = new WeakMap<AbortSignal, number>();

/** Nobody is told who has not asked; and progress never goes back. */
function progressOf({ mcpReq }: ServerContext): (progress: CallProgress) => void {
  const { signal } = mcpReq;
  const progressToken = mcpReq._meta?.progressToken;
  return (progress) => {
    if (progressToken === undefined || progress.progress <= (reported.get(signal) ?? -1) || signal.aborted) return;
    reported.set(signal, progress.progress);
    mcpReq.notify({ method: "notifications/progress", params: { progressToken, ...progress } }).catch(() => undefined); // it has just gone: its own signal says so
  };
}

interface Answering {
  readonly args: JsonObject;
  readonly context: ServerContext;
  readonly parts: ServingParts;
}

async function resultOf(answer: ServedAnswer, { args, context, parts }: Answering): Promise<object> {
  if (answer.kind === "result") return answer.result;
  if (answer.kind === "task") {
    const principal = parts.principalOf(context);
    // The SDK lets no result of a tool out without content.
    return { resultType: "task", content: [], ...taskDocument(answer.task, (id) => parts.seal.sealId(id, principal)) };
  }
  const { requests, state, abandoned } = answer;
  // Before there were envelopes, the request stays open while its client is asked.
  const isOpen = context.mcpReq.envelope === undefined;
  if (isOpen && abandoned !== undefined) context.mcpReq.signal.addEventListener("abort", abandoned, { once: true });
  return {
    resultType: "input_required",
    ...(Object.keys(requests).length === 0 ? {} : { inputRequests: askedDocument(requests) }),
    requestState: await parts.seal.seal(state, args, context),
  };
}
