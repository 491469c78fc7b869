/** A command cannot be put into a run's inbox, or not be read from it. */
import { MeshError, type MeshErrorOptions } from "@agentmesh/core";

export type InboxErrorCode =
  | "AM_INBOX_FULL"
  | "AM_INBOX_COMMAND_TOO_LARGE"
  | "AM_INBOX_UNKNOWN_RUN"
  | "AM_INBOX_UNREADABLE";

export class InboxError extends MeshError {
  declare readonly code: InboxErrorCode;

  constructor(options: MeshErrorOptions & { readonly code: InboxErrorCode }) {
    super(options);
  }
}
