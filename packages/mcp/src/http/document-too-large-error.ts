/** A document of a stranger went over its limit, and was not read further. Code AM_DOCUMENT_TOO_LARGE. */
import { MeshError } from "@agentmesh/core";

export class DocumentTooLargeError extends MeshError {
  constructor(origin: string, bytesMax: number) {
    super({
      code: "AM_DOCUMENT_TOO_LARGE",
      message: `A document of ${origin} has more than ${bytesMax} bytes.`,
      hint: "Metadata, tokens and keys are small: is this the right address?",
      facts: { origin, bytesMax },
    });
  }
}
