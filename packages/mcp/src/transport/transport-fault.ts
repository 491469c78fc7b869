/**
 * What a transport answers in the server's place when the real answer can no longer come. It travels as the `data` of a
 * JSON-RPC error; a server cannot forge it, since what a server sends is plain JSON and never an instance of this class.
 */
import type { JSONRPCErrorResponse, RequestId } from "@modelcontextprotocol/client";

/** `stream-ended`: the response stream of one call broke. `too-large`: the answer went over the byte limit. */
export type TransportFaultKind = "stream-ended" | "too-large";

const INTERNAL_ERROR = -32603;

export class TransportFault {
  readonly kind: TransportFaultKind;
  /** Of a too large answer: at least this many bytes came. */
  readonly bytes: number;

  constructor(kind: TransportFaultKind, bytes = 0) {
    this.kind = kind;
    this.bytes = bytes;
  }
}

export function faultAnswer(id: RequestId, fault: TransportFault): JSONRPCErrorResponse {
  return { jsonrpc: "2.0", id, error: { code: INTERNAL_ERROR, message: fault.kind, data: fault } };
}
