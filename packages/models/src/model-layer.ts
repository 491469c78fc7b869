/** A layer is a function Model -> Model: it changes how a stream comes, and leaves the rest to the model below. */
import type { Model } from "@agentmesh/ports";

/** `model` with another `stream`; everything else goes to the model below. */
export function layerOver(model: Model, stream: Model["stream"]): Model {
  return {
    id: model.id,
    ...(model.identity === undefined ? {} : { identity: model.identity }),
    capabilities: model.capabilities,
    stream,
    countTokens: (request) => model.countTokens(request),
    close: () => model.close(),
  };
}
