export type { SignInPerson } from "./auth/oauth-flow.ts";
export { SignInError, type SignInErrorCode } from "./auth/sign-in-error.ts";
export { letSignIn, listenForSignIn } from "./auth/let-sign-in.ts";
export type { RedirectListener, RedirectListenerOptions } from "./auth/redirect-listener.ts";
export { ResourceServerConfig } from "./auth/resource-server-config.ts";
export { ServerTlsConfig } from "./http/tls-config.ts";
export { defineTool, type LocalTool, type ToolContext, type ToolDefinition } from "./local/define-tool.ts";
export { LocalToolSource, type LocalToolSourceOptions } from "./local/local-tool-source.ts";
export { toolAlias } from "./tool/tool-alias.ts";
export { McpServerConfig, type McpServerConfigInput } from "./mcp-server-config.ts";
export { type CallObserver, McpToolProxy } from "./tool/mcp-tool-proxy.ts";
export { CrashLoopError } from "./client/crash-loop-error.ts";
export { McpToolSource, type McpToolSourceOptions } from "./client/mcp-tool-source.ts";
export { ServerLostError } from "./client/server-lost-error.ts";
export { ServerNameError, type ServerNameFault } from "./tool/server-name-error.ts";
export {
  ServerStartError,
  type ServerStartErrorCode,
  type ServerStartErrorOptions,
} from "./client/server-start-error.ts";
export type { StandardSchema } from "./local/standard-schema.ts";
export { ToolDefinitionError } from "./local/tool-definition-error.ts";
