/**
 * `fetch` that connects only where a policy lets it: the URL is looked at first, then, when its name is resolved, every
 * address that it leads to, and the connection is made to one of these (so that a second look-up can say nothing else).
 * It never follows a redirect by itself: who does so asks it again.
 */
import { lookup as systemLookup } from "node:dns";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { LookupFunction } from "node:net";
import { rootCertificates } from "node:tls";
import { exchange } from "./http-exchange.ts";
import type { NetworkPolicy } from "./network-policy.ts";
import type { TlsMaterial } from "./tls-config.ts";

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** `family`: 4 or 6. */
export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** Resolves a host name. Only tests have another than the system's. */
export type HostLookup = (host: string, done: (error: Error | null, addresses: readonly HostAddress[]) => void) => void;

export interface GuardedFetchOptions {
  readonly policy: NetworkPolicy;
  /** Shown to, and demanded from, what the operator wrote; of the rest only the authorities are known as well. */
  readonly tls?: TlsMaterial | undefined;
  readonly lookup?: HostLookup | undefined;
}

/** Shorter than servers keep an idle connection, in milliseconds. */
const IDLE_MS = 4_000;
const CONNECTION = { keepAlive: true, timeout: IDLE_MS } as const;

/** Rejects with DestinationRefusedError, ConnectTimeoutError, the reason of the signal, or the system's own error. */
export function guardedFetch({ policy, tls, lookup = lookUp }: GuardedFetchOptions): Fetch {
  const plain = new HttpAgent(CONNECTION);
  const written = new HttpsAgent({ ...CONNECTION, ...tls });
  const named = new HttpsAgent({ ...CONNECTION, ...(tls?.ca && { ca: [...rootCertificates, ...tls.ca] }) });
  return async (input, init = {}) => {
    const url = new URL(input);
    policy.checkUrl(url);
    const secure = policy.isWritten(url) ? written : named;
    const agent = url.protocol === "https:" ? secure : plain;
    return exchange({ url, init, agent, lookup: guardedLookup(url, policy, lookup) });
  };
}

function guardedLookup(url: URL, policy: NetworkPolicy, lookup: HostLookup): LookupFunction {
  return (host, { all }, done) => {
    lookup(host, (error, addresses) => {
      const fault = error ?? refusal(url, policy, addresses);
      const [first] = addresses;
      if (fault !== null || first === undefined) done(fault, "", 0);
      else if (all === true) done(null, [...addresses]);
      else done(null, first.address, first.family);
    });
  };
}

function refusal(url: URL, policy: NetworkPolicy, addresses: readonly HostAddress[]): Error | null {
  try {
    policy.checkAddresses(
      url,
      addresses.map(({ address }) => address),
    );
    return null;
  } catch (error) {
    return error as Error;
  }
}

function lookUp(host: string, done: Parameters<HostLookup>[1]): void {
  systemLookup(host, { all: true }, (error, addresses) => done(error, addresses ?? []));
}
