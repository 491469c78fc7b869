/** `prompts/list` and `prompts/get`. */
import { listPage } from "./list-page.ts";
import type { ServedPrompts } from "./mcp-service.ts";
import { protocolError } from "./protocol-fault.ts";
import type { Serving } from "./serving.ts";

export function answerPrompts(serving: Serving, prompts: ServedPrompts): void {
  const { server, request } = serving;
  server.setRequestHandler("prompts/list", async ({ params }, context) => {
    try {
      const { items, next } = listPage(await prompts.list(request(context)), params?.cursor);
      return { prompts: items, ...next } as never;
    } catch (error) {
      throw protocolError(error);
    }
  });
  server.setRequestHandler("prompts/get", async ({ params: { name, arguments: args = {} } }, context) => {
    try {
      const bound = { name, args };
      return await serving.result(await prompts.get(name, args, serving.call(bound, context)), bound, context);
    } catch (error) {
      throw protocolError(error);
    }
  });
}
