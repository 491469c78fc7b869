/** The file behind a value of the command line (`--args @FILE`) cannot be read. */
import { MeshError } from "@agentmesh/core";
import { readingFault } from "./reading-fault.ts";

export class JsonFileError extends MeshError {
  constructor(what: string, file: string, cause: unknown) {
    super({
      code: "AM_INPUT_FILE",
      message: `The file of ${what} cannot be read: ${file} ${readingFault(cause)}.`,
      hint: "Correct the path, or write the JSON itself.",
      facts: { what, file },
      cause,
    });
  }
}
