/**
 * How many tokens a text has, when nobody counted. The rule: one token per four bytes of UTF-8, rounded up, and four
 * more for the frame of each message. It is within a factor of two for the common tokenizers; what it gives is always
 * marked as not exact.
 */
import type { ModelRequest, ModelUsage } from "@agentmesh/ports";

const BYTES_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 4;

export function estimateTextTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text, "utf8") / BYTES_PER_TOKEN);
}

/** The messages only: a schema that the backend enforces is usually not part of the prompt. */
export function estimateRequestTokens(request: ModelRequest): number {
  return request.messages.reduce((sum, message) => sum + TOKENS_PER_MESSAGE + estimateTextTokens(message.text), 0);
}

export function estimateUsage(request: ModelRequest, answer: string): ModelUsage {
  return {
    inputTokens: estimateRequestTokens(request),
    outputTokens: estimateTextTokens(answer),
    isExact: false,
  };
}
