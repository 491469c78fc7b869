/** `resources/*`. Subscriptions of 2025 are kept with the connection; those of today the entry keeps. */
import { listPage } from "./list-page.ts";
import type { ServedResources } from "./mcp-service.ts";
import { protocolError } from "./protocol-fault.ts";
import type { Serving } from "./serving.ts";

export function answerResources(serving: Serving, resources: ServedResources): void {
  const { server, request } = serving;
  server.setRequestHandler("resources/list", async ({ params }, context) => {
    try {
      const { items, next } = listPage(await resources.list(request(context)), params?.cursor);
      return { resources: items, ...next } as never;
    } catch (error) {
      throw protocolError(error);
    }
  });
  server.setRequestHandler("resources/templates/list", async ({ params }, context) => {
    try {
      const { items, next } = listPage(await resources.templates(request(context)), params?.cursor);
      return { resourceTemplates: items, ...next } as never;
    } catch (error) {
      throw protocolError(error);
    }
  });
  server.setRequestHandler("resources/read", async ({ params: { uri } }, context) => {
    try {
      const bound = { uri };
      return await serving.result(await resources.read(uri, serving.call(bound, context)), bound, context);
    } catch (error) {
      throw protocolError(error);
    }
  });
}
