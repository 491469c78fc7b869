/** Commands for runs that another process may be driving. Whoever owns the run carries them out and answers. */
import type { ErrorRecord, RunCommand } from "@agentmesh/core";

/** How many commands of a run may wait for an answer: a run that nobody drives must not fill the disk. */
export const INBOX_ITEMS_MAX = 1_000;
/** Of a command's JSON text: what is larger is a value, and belongs into the store as one. */
export const INBOX_COMMAND_BYTES_MAX = 1_048_576;

export interface InboxItem {
  /** Rises with every command of the store. */
  readonly item: number;
  readonly run: string;
  readonly command: RunCommand;
  /** When it was sent, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

export interface InboxAnswer {
  readonly item: number;
  /** Why the command was not carried out; absent when it was. */
  readonly error?: ErrorRecord;
}

export interface Inbox {
  /** Stores a command for whoever drives the run; resolves with its number once it is durable. Throws InboxError, StoreError. */
  send(run: string, command: RunCommand): Promise<number>;
  /**
   * Commands without an answer, oldest first. One that this version cannot read is left out; when this opening holds the
   * run, it is answered with AM_INBOX_UNREADABLE.
   */
  inbox(run: string): Promise<readonly InboxItem[]>;
  /** How a command ended; undefined while it is unanswered, or when there is no such item. */
  answer(item: number): Promise<InboxAnswer | undefined>;
  /** Tells of unanswered commands of the run that it has not told of before, from any process; returns the way to stop. */
  watchInbox(run: string, listener: () => void): () => void;
}
