/**
 * `fetch` that trusts no server: an answer over the limit is an error instead of memory, and a redirect is handed back
 * instead of followed, since it would carry the key to a place that nobody configured.
 */
import { ModelError } from "@agentmesh/ports";

/** Bytes of one answer, its framing included: far above any stream of tokens. */
export const RESPONSE_BYTES_MAX = 64 * 1024 * 1024;

export function boundedFetch(bytesMax: number = RESPONSE_BYTES_MAX): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: "manual" });
    if (response.body === null || !response.ok) return response;
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(byteLimit(bytesMax)), { status, statusText, headers });
  };
}

function byteLimit(bytesMax: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) controller.error(tooLarge(bytesMax));
      else controller.enqueue(chunk);
    },
  });
}

function tooLarge(bytesMax: number): ModelError {
  return new ModelError({
    code: "AM_MODEL_OUTPUT_TOO_LARGE",
    message: `The answer of the model's server is larger than ${bytesMax} bytes.`,
    hint: "Set maxOutputTokens for this model; a model that does not end usually repeats itself.",
    facts: { bytesMax },
  });
}
