/**
 * What one HTTP server of the configuration is talked to with: its endpoint, and the documents that it names. All
 * connections to the server share it, so that sockets are used again and what was seen of a name is remembered.
 */
import { authorizedFetch } from "../auth/authorized-fetch.ts";
import type { OAuthConfig } from "../auth/oauth-config.ts";
import { OAuthSession } from "../auth/oauth-session.ts";
import { documentFetch } from "./document-fetch.ts";
import { type Fetch, guardedFetch } from "./guarded-fetch.ts";
import { type NetworkConfig, NetworkPolicy } from "./network-policy.ts";
import { type ClientTlsConfig, clientTlsMaterial } from "./tls-config.ts";

/** The part of a server's entry that says how it is reached. */
export interface HttpDestination {
  readonly url: string;
  readonly network: NetworkConfig;
  readonly tls?: ClientTlsConfig | undefined;
  readonly oauth?: OAuthConfig | undefined;
}

export interface HttpNetwork {
  /** For the MCP endpoint itself; shows the token of the sign-in, if there is one. */
  readonly endpoint: Fetch;
  readonly session: OAuthSession | undefined;
}

const networks = new WeakMap<HttpDestination, HttpNetwork>();

/** Throws TlsMaterialError. */
export function networkOf(destination: HttpDestination): HttpNetwork {
  const known = networks.get(destination);
  if (known !== undefined) return known;
  const { url, network, tls, oauth } = destination;
  const policy = new NetworkPolicy({
    ...network,
    written: [url, ...(oauth?.issuer === undefined ? [] : [oauth.issuer])],
  });
  const plain = guardedFetch({ policy, tls: tls === undefined ? undefined : clientTlsMaterial(tls) });
  const session =
    oauth === undefined ? undefined : new OAuthSession({ config: oauth, resource: url, fetch: documentFetch(plain) });
  const endpoint = session === undefined ? plain : authorizedFetch(plain, session);
  const made: HttpNetwork = { endpoint, session };
  networks.set(destination, made);
  return made;
}
