/** What a model call costs, in millionths of a US dollar. */
import type { ModelPrice } from "@agentmesh/models";

/** A dollar for a million tokens is a millionth of a dollar for one. */
export function costMicroUsd(
  { input, output }: ModelPrice,
  { inputTokens, outputTokens }: { readonly inputTokens: number; readonly outputTokens: number },
): number {
  return Math.ceil(inputTokens * input + outputTokens * output);
}
