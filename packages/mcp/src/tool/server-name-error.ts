/** A server was given a name that a plan cannot use. Code AM_SERVER_NAME_INVALID. */
import { MeshError } from "@agentmesh/core";
import { cleanText } from "./clean-text.ts";

export type ServerNameFault = "malformed" | "reserved";

const SHOWN_CHARS_MAX = 80;

export class ServerNameError extends MeshError {
  constructor(name: string, fault: ServerNameFault) {
    const shown = cleanText(name, SHOWN_CHARS_MAX);
    super({
      code: "AM_SERVER_NAME_INVALID",
      message:
        fault === "reserved"
          ? `A server cannot be named "${shown}": the name belongs to the built-in tools.`
          : `A server cannot be named "${shown}".`,
      hint: "Use letters, digits, _ and -, beginning with a letter or _, and not the name mesh.",
      facts: { name: shown, fault },
    });
  }
}
