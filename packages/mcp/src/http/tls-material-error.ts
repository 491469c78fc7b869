/** A file with a certificate or a key cannot be used. Code AM_TLS_MATERIAL. Nothing of what it holds is shown. */
import { MeshError } from "@agentmesh/core";

export interface TlsMaterialFault {
  /** Within `tls`. */
  readonly setting: string;
  readonly file: string;
  /** Continues `The file x `, without the full stop. */
  readonly why: string;
  readonly cause?: unknown;
}

export class TlsMaterialError extends MeshError {
  constructor({ setting, file, why, cause }: TlsMaterialFault) {
    super({
      code: "AM_TLS_MATERIAL",
      message: `The file "${file}" of tls.${setting} ${why}.`,
      hint: "Give the path of a PEM file that this user may read, or the PEM text itself.",
      facts: { setting, file, why },
      cause,
    });
  }
}
