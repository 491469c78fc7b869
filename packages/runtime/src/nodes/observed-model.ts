/** A model whose stream somebody listens to while it is read: for deltas that are shown before the whole answer is there. */
import type { Model, ModelStreamPart } from "@agentmesh/ports";

/** Calls `onPart` for every part, in order, before the reader sees it. `onPart` must not throw. */
export function observedModel(model: Model, onPart: (part: ModelStreamPart) => void): Model {
  return {
    id: model.id,
    capabilities: model.capabilities,
    async *stream(request, signal) {
      for await (const part of model.stream(request, signal)) {
        onPart(part);
        yield part;
      }
    },
    countTokens: (request) => model.countTokens(request),
    close: () => model.close(),
  };
}
