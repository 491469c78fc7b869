/** The command line asks for something that does not exist, or leaves out what is needed. Nothing was done. */
import { MeshError, suggestion } from "@agentmesh/core";
import type { CommandLineFault } from "./parse-command-line.ts";

export class UsageError extends MeshError {
  constructor(message: string, hint: string) {
    super({ code: "AM_USAGE", message, hint });
  }

  /** `command`: the one whose help is worth a look, if it is known. */
  static of(fault: CommandLineFault, command: string | undefined): UsageError {
    const help = `See: agentmesh ${command === undefined ? "" : `${command} `}--help`;
    switch (fault.kind) {
      case "unknown-command":
        return new UsageError(`There is no command "${fault.name}".`, `${suggestion(fault.name, fault.known)} ${help}`);
      case "unknown-option":
        return new UsageError(`There is no option ${fault.name}.`, `${suggestion(fault.name, fault.known)} ${help}`);
      case "value-missing":
        return new UsageError(`The option ${fault.name} needs a value.`, help);
      case "value-unwanted":
        return new UsageError(`The option ${fault.name} takes no value.`, help);
      case "too-many-operands":
        return new UsageError(`Too much is given, from "${fault.name}" on.`, help);
    }
  }
}
