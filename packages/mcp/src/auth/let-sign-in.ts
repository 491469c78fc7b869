/** Lets somebody sign in to a server, wherever it is talked to with this very entry of the configuration. */
import type { McpServerConfig } from "../mcp-server-config.ts";
import type { SignInPerson } from "./oauth-flow.ts";

/** False when nobody can: the entry asks for no sign-in by a person. Throws TlsMaterialError. */
export async function letSignIn(config: McpServerConfig, person: SignInPerson): Promise<boolean> {
  if (config.transport !== "http" || config.oauth?.grant !== "authorization_code") return false;
  // It loads the SDK, which a process without a connection has no need of.
  const { networkOf } = await import("../http/http-network.ts");
  const { session } = networkOf(config);
  if (session !== undefined) session.person = person;
  return session !== undefined;
}
