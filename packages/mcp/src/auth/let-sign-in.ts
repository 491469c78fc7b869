/** Lets somebody sign in to a server, wherever it is talked to with this very entry of the configuration. */
import type { McpServerConfig } from "../mcp-server-config.ts";
import type { SignInPerson } from "./oauth-flow.ts";
import type { RedirectListener, RedirectListenerOptions } from "./redirect-listener.ts";

/** False when nobody can: the entry asks for no sign-in by a person. Throws TlsMaterialError. */
export async function letSignIn(config: McpServerConfig, person: SignInPerson): Promise<boolean> {
  if (config.transport !== "http" || config.oauth?.grant !== "authorization_code") return false;
  // It loads the SDK, which a process without a connection has no need of.
  const { networkOf } = await import("../http/http-network.ts");
  const { session } = networkOf(config);
  if (session !== undefined) session.person = person;
  return session !== undefined;
}

/** A person at a browser on this machine. Rejects with the system's error when the port is taken. */
export async function listenForSignIn(options: RedirectListenerOptions): Promise<RedirectListener> {
  const { RedirectListener: Listener } = await import("./redirect-listener.ts");
  return Listener.open(options);
}
