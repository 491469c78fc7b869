/** What a server says beside the result of a call, for whoever made the call. */
import { isJson, isJsonObject } from "@agentmesh/core";
import type { ToolCallOptions } from "@agentmesh/ports";

export function tellMeta({ _meta }: { readonly _meta?: unknown }, { onMeta }: ToolCallOptions): void {
  if (isJson(_meta) && isJsonObject(_meta)) onMeta?.(_meta);
}
