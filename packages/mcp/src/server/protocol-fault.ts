/** What goes wrong here, as MCP says it. Whoever asks is told what concerns the request; of our own mistakes, that there was one. */
import { type JsonObject, MeshError } from "@agentmesh/core";
import {
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
} from "@modelcontextprotocol/server";
import { TASKS_EXTENSION } from "./client-abilities.ts";
import { ClientUnableError } from "./client-unable-error.ts";
import { InputStateError } from "./input-state-error.ts";
import { ServedNameError } from "./served-name-error.ts";

/** A model can do nothing about them. */
const PROTOCOL_FAULTS = [ServedNameError, InputStateError, ClientUnableError];

/** As a JSON-RPC error. */
export function protocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (error instanceof ServedNameError && error.kind === "resource")
    return new ResourceNotFoundError(error.named, error.message);
  if (error instanceof ClientUnableError)
    return new MissingRequiredClientCapabilityError(
      { requiredCapabilities: requiredCapabilities(error) },
      error.message,
    );
  if (error instanceof MeshError)
    return new ProtocolError(ProtocolErrorCode.InvalidParams, error.message, error.toJSON());
  return new ProtocolError(ProtocolErrorCode.InternalError, "Internal error");
}

function requiredCapabilities({ capability }: ClientUnableError): JsonObject {
  return capability === "tasks" ? { extensions: { [TASKS_EXTENSION]: {} } } : { [capability]: {} };
}

/** As the result of a tool, which a model can read; protocol errors stay what they are. Throws ProtocolError. */
export function toolFailure(error: unknown): JsonObject {
  if (!(error instanceof MeshError) || PROTOCOL_FAULTS.some((fault) => error instanceof fault))
    throw protocolError(error);
  return {
    isError: true,
    content: [{ type: "text", text: `${error.code}: ${error.message}${error.hint === "" ? "" : ` ${error.hint}`}` }],
    _meta: { "agentmesh/error": error.toJSON() },
  };
}
