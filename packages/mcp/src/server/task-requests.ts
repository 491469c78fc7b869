/** `tasks/get`, `tasks/update`, `tasks/cancel` of the extension io.modelcontextprotocol/tasks (SEP-2663), for clients that declare it. */
import { MissingRequiredClientCapabilityError, type ServerContext } from "@modelcontextprotocol/server";
import * as z from "@agentmesh/core/zod";
import { clientAbilities, TASKS_EXTENSION } from "./client-abilities.ts";
import type { ServedTasks } from "./mcp-service.ts";
import { protocolError } from "./protocol-fault.ts";
import { ServedNameError } from "./served-name-error.ts";
import type { Serving } from "./serving.ts";
import { taskDocument } from "./task-document.ts";

/** Longer ones are none of ours. */
const TASK_ID_CHARS_MAX = 256;
const TaskParams = z.looseObject({ taskId: z.string().max(TASK_ID_CHARS_MAX) });
const UpdateParams = z.looseObject({
  taskId: z.string().max(TASK_ID_CHARS_MAX),
  inputResponses: z.record(z.string(), z.unknown()).optional(),
});

export function answerTasks(serving: Serving, tasks: ServedTasks): void {
  const { server, request, seal } = serving;
  server.setRequestHandler("tasks/get", { params: TaskParams }, ({ taskId }, context) =>
    answered(async () => {
      const asked = request(context);
      const task = await tasks.get(idOf(taskId, serving, context), asked);
      return { ...taskDocument(task, (id) => seal.sealId(id, asked.principal)) };
    }),
  );
  server.setRequestHandler("tasks/update", { params: UpdateParams }, ({ taskId, inputResponses }, context) =>
    answered(async () => {
      // The SDK takes the answers out of what it does not know as its own.
      const answers = inputResponses ?? context.mcpReq.inputResponses ?? {};
      await tasks.update(idOf(taskId, serving, context), answers, request(context));
      return {};
    }),
  );
  server.setRequestHandler("tasks/cancel", { params: TaskParams }, ({ taskId }, context) =>
    answered(async () => {
      await tasks.cancel(idOf(taskId, serving, context), request(context));
      return {};
    }),
  );
}

/** Throws MissingRequiredClientCapabilityError, ServedNameError. */
function idOf(sealed: string, { server, seal, principalOf }: Serving, context: ServerContext): string {
  if (!clientAbilities(server, context).tasks)
    throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } });
  const id = seal.openId(sealed, principalOf(context));
  if (id === undefined) throw new ServedNameError("task", sealed);
  return id;
}

async function answered(work: () => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  try {
    return await work();
  } catch (error) {
    throw protocolError(error);
  }
}
