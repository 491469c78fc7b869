/**
 * What one HTTP server of the configuration is talked to with: its endpoint, and the documents that it names. All
 * connections to the server share it, so that sockets are used again and what was seen of a name is remembered.
 */
import { documentFetch } from "./document-fetch.ts";
import { type Fetch, guardedFetch } from "./guarded-fetch.ts";
import { type NetworkConfig, NetworkPolicy } from "./network-policy.ts";
import { type ClientTlsConfig, clientTlsMaterial } from "./tls-config.ts";

/** The part of a server's entry that says how it is reached. */
export interface HttpDestination {
  readonly url: string;
  readonly network: NetworkConfig;
  readonly tls?: ClientTlsConfig | undefined;
}

export interface HttpNetwork {
  /** For the MCP endpoint itself. */
  readonly endpoint: Fetch;
  /** For small documents, with credentials: read whole, over TLS. */
  readonly document: Fetch;
}

const networks = new WeakMap<HttpDestination, HttpNetwork>();

/** Throws TlsMaterialError. */
export function networkOf(destination: HttpDestination): HttpNetwork {
  const known = networks.get(destination);
  if (known !== undefined) return known;
  const { url, network, tls } = destination;
  const policy = new NetworkPolicy({ ...network, written: [url] });
  const endpoint = guardedFetch({ policy, tls: tls === undefined ? undefined : clientTlsMaterial(tls) });
  const made: HttpNetwork = { endpoint, document: documentFetch(endpoint) };
  networks.set(destination, made);
  return made;
}
