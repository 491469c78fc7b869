/** The store cannot do what was asked: the disk is full, the file is locked, not a store, or written by a newer version. */
import { MeshError, type MeshErrorOptions } from "@agentmesh/core";

export type StoreErrorCode =
  | "AM_STORE_UNAVAILABLE"
  | "AM_STORE_FULL"
  | "AM_STORE_BUSY"
  | "AM_STORE_READ_ONLY"
  | "AM_STORE_NEWER"
  | "AM_STORE_NOT_OURS"
  | "AM_STORE_FAILED";

export class StoreError extends MeshError {
  declare readonly code: StoreErrorCode;

  constructor(options: MeshErrorOptions & { readonly code: StoreErrorCode }) {
    super(options);
  }
}
