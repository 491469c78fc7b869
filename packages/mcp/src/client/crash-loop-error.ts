/** A server dies again and again right after its start, and is left alone for a while. Code AM_SERVER_CRASH_LOOP. */
import { MeshError } from "@agentmesh/core";

export interface CrashLoop {
  readonly server: string;
  /** In a row. */
  readonly deaths: number;
  /** From now, in milliseconds. */
  readonly waitMs: number;
  /** The last death. */
  readonly last: MeshError;
}

export class CrashLoopError extends MeshError {
  constructor({ server, deaths, waitMs, last }: CrashLoop) {
    const retryAt = new Date(Date.now() + waitMs).toISOString();
    super({
      code: "AM_SERVER_CRASH_LOOP",
      message: `Server "${server}" ended ${deaths} times in a row right after its start, and is not started again before ${retryAt}. Last: ${last.message}`,
      hint: `Run its command in a terminal to see why. To have it started at once: mesh.reconnect("${server}"), or open the mesh again.`,
      facts: { server, deaths, retryAt, last: last.code },
      retryable: true,
      cause: last,
    });
  }
}
