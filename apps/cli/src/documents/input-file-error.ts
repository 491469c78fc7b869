/** The file behind `--input NAME=@FILE` cannot be read. */
import { MeshError } from "@agentmesh/core";
import { readingFault } from "./reading-fault.ts";

export class InputFileError extends MeshError {
  constructor(input: string, file: string, cause: unknown) {
    super({
      code: "AM_INPUT_FILE",
      message: `The file of the input "${input}" cannot be read: ${file} ${readingFault(cause)}.`,
      hint: `Correct the path, or write --input ${input}=@@... for a value that begins with @.`,
      facts: { input, file },
      cause,
    });
  }
}
