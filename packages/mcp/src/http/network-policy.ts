/**
 * Where a request may go. What the operator wrote down may be anywhere, their own machine included; what a server names
 * (metadata, redirects, token endpoints) may only be public, unless the operator opens private networks or a host.
 * The last word is said when the name is resolved, about the very addresses that are then connected to.
 */
import { isIP } from "node:net";
import * as z from "@agentmesh/core/zod";
import { addressKind } from "./address-kind.ts";
import { DestinationRefusedError } from "./destination-refused-error.ts";

const ALLOWED_HOSTS_MAX = 100;

export const NetworkConfig = z
  .strictObject({
    private: z
      .boolean()
      .default(false)
      .describe("Whether it may name addresses of this machine and of private networks, as for its sign-in."),
    allow: z
      .array(z.string().min(1).transform(hostOf))
      .max(ALLOWED_HOSTS_MAX)
      .default([])
      .describe("Hosts it may name wherever they are; a port can be added."),
  })
  .describe("Where what this server names may lead.");
export type NetworkConfig = z.output<typeof NetworkConfig>;

export interface NetworkPolicyOptions extends NetworkConfig {
  /** URLs that the operator wrote: their origins, not what else listens there. */
  readonly written: readonly string[];
}

export class NetworkPolicy {
  readonly #options: NetworkPolicyOptions;
  readonly #origins: ReadonlySet<string>;
  /** Names that led to a public address: one of them that later leads into a private network was turned (DNS rebinding). */
  readonly #publicNames = new Set<string>();

  constructor(options: NetworkPolicyOptions) {
    this.#options = options;
    this.#origins = new Set(options.written.map((url) => new URL(url).origin));
  }

  isWritten(url: URL): boolean {
    return this.#origins.has(url.origin);
  }

  /** Before anything is looked up. Throws DestinationRefusedError. */
  checkUrl(url: URL): void {
    if (url.protocol !== "http:" && url.protocol !== "https:") throw refused(url, "it is no http or https URL");
    if (url.username !== "" || url.password !== "") throw refused(url, "a URL may not carry a user or a password");
    const host = bareHost(url);
    if (isIP(host) !== 0) this.checkAddresses(url, [host]);
  }

  /** Every address that a connection to the URL may be made to. Throws DestinationRefusedError. */
  checkAddresses(url: URL, addresses: readonly string[]): void {
    if (addresses.length === 0) throw refused(url, "its host has no address");
    for (const address of addresses) this.#check(url, address);
  }

  #check(url: URL, address: string): void {
    const kind = addressKind(address) ?? "special";
    const name = bareHost(url);
    if (kind === "public") {
      this.#publicNames.add(name);
      return;
    }
    if (isIP(name) !== 0 && this.#isNamed(url)) return;
    if (kind === "special") throw refused(url, `${address} is an address that no server has`);
    if (this.#publicNames.has(name)) throw refused(url, `its name led to a public address before, now to ${address}`);
    if (this.#isNamed(url) || this.#options.private) return;
    const where = kind === "loopback" ? "this machine" : "a private network";
    throw refused(url, `${address} is on ${where}, and it was not you who wrote this address`);
  }

  /** Whether the operator wrote this origin, or this host. */
  #isNamed(url: URL): boolean {
    return this.isWritten(url) || this.#options.allow.some((host) => host === url.host || host === url.hostname);
  }
}

/** Without the brackets of an IPv6 address. */
export function bareHost({ hostname }: URL): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

/** As URLs spell it, so that it compares. */
function hostOf(written: string): string {
  const url = `http://${written}`;
  return URL.canParse(url) ? new URL(url).host : written;
}

function refused(url: URL, why: string): DestinationRefusedError {
  const origin = url.origin === "null" ? url.protocol : url.origin;
  return new DestinationRefusedError({
    origin,
    why,
    hint: "If it is meant, allow its host under network.allow of this server, or network.private for all of them.",
  });
}
