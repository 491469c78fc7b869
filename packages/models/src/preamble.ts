/**
 * The `start` of a stream says nothing yet: a server may answer 200 and fail before its first word. A layer that may
 * try again holds `start` back until content follows, so that its reader sees exactly one.
 */
import type { ModelStreamPart } from "@agentmesh/ports";

export async function* holdPreambleBack(stream: AsyncIterable<ModelStreamPart>): AsyncGenerator<ModelStreamPart> {
  let start: ModelStreamPart | undefined;
  for await (const part of stream) {
    if (part.type === "start") {
      start = part;
      continue;
    }
    if (start !== undefined) yield start;
    start = undefined;
    yield part;
  }
}
