/** How many bytes one message of a server may have. */

export interface ByteLimits {
  /** An answer to a tool call. */
  readonly outputBytesMax: number;
  /** Any other message, as a page of the tool list. */
  readonly messageBytesMax: number;
}

/** Of one message that is no tool result. */
export const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
