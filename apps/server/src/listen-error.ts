/** The server cannot listen there, or had better not. */
import { MeshError } from "@agentmesh/core";

export interface ListenPlace {
  readonly host: string;
  readonly port: number;
}

export class ListenError extends MeshError {
  /** `reason`: `open` for a place that others reach, where nobody would be asked who they are; else the system's own code. */
  constructor({ host, port }: ListenPlace, reason: string) {
    const isOpen = reason === "open";
    super({
      code: isOpen ? "AM_LISTEN_OPEN" : "AM_LISTEN_FAILED",
      message: isOpen
        ? `Others can reach ${host}, and nobody would ask them who they are: whoever connects could run everything.`
        : `Nothing can listen on ${host}, port ${port}: ${reason}.`,
      hint: isOpen
        ? "Listen on 127.0.0.1, configure serve.auth, or say --open when something in front of it asks."
        : "Give another --port or --host; 0 is any port that is free.",
      facts: { host, port, reason },
    });
  }
}
