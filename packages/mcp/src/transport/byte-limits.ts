/** How many bytes one message of a server may have. */

export interface ByteLimits {
  /** An answer to a tool call. */
  readonly outputBytesMax: number;
  /** Any other message, as a page of the tool list. */
  readonly messageBytesMax: number;
}

/** Of one message that is no tool result. */
export const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;

const RESULT_METHODS: ReadonlySet<string> = new Set(["tools/call", "tasks/get", "resources/read", "prompts/get"]);

/** Whether the answer to this method is, or holds, what a tool gives. */
export function givesOutput(method: string): boolean {
  return RESULT_METHODS.has(method);
}
