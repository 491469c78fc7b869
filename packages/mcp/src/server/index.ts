/** MCP from the other side: what this process serves. Loads the SDK of servers, so it is a way in of its own. */
export { type Admission, ResourceServer, type ResourceServerOptions } from "../auth/resource-server.ts";
export { serverTlsMaterial, type ServerTlsMaterial } from "../http/tls-config.ts";
export { ClientUnableError } from "./client-unable-error.ts";
export { InputStateError } from "./input-state-error.ts";
export { isConnectionLost } from "./lost-connection.ts";
export { McpEndpoint, type McpEndpointOptions } from "./mcp-endpoint.ts";
export type {
  AskedInput,
  AskedInputs,
  CallProgress,
  ClientAbilities,
  CompletionQuery,
  InputReply,
  McpService,
  Principal,
  ServedAnswer,
  ServedCall,
  ServedChange,
  ServedPrompts,
  ServedRequest,
  ServedResources,
  ServedTask,
  ServedTasks,
  ServedTool,
} from "./mcp-service.ts";
export { SEAL_KEY_CHARS_MIN } from "./request-seal.ts";
export { ServedNameError } from "./served-name-error.ts";
export { serveOverStdio, type StdioServing, type StdioServingOptions } from "./serve-stdio.ts";
