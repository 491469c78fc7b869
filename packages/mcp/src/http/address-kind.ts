/**
 * What kind of place an IP address is, by IANA's special-purpose registries. An address that carries an IPv4 address
 * inside (mapped, 6to4, NAT64) is what that one is: a connection to it ends there.
 */
import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * `public`: anywhere on the Internet. `loopback`: this machine. `private`: a network of its operator's. `special`:
 * link-local (where clouds keep their credentials), multicast, reserved, and what leads nobody knows where.
 */
export type AddressKind = "public" | "loopback" | "private" | "special";

const LOOPBACK = blockList(["127.0.0.0/8", "::1/128"]);

/** RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193 (unique local). */
const PRIVATE = blockList(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]);

const SPECIAL = blockList([
  "0.0.0.0/8",
  "169.254.0.0/16",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  // Addresses of two clouds that tell a machine its credentials: Alibaba's lies in a private range, Azure's in a public one.
  "100.100.100.200/32",
  "168.63.129.16/32",
  // AWS's, in a private range.
  "fd00:ec2::/32",
  // Within the global range: protocol assignments with Teredo, documentation.
  "2001::/23",
  "2001:db8::/32",
  "3fff::/20",
]);

/** All that IANA has given out as global unicast; the rest of IPv6 is special. */
const GLOBAL_IPV6 = blockList(["2000::/3"]);

const NAT64 = "64:ff9b:0:0:0:0";
const MAPPED = "0:0:0:0:0:ffff";
const SIX_TO_FOUR = "2002";

/** Of an address as the resolver or a URL gives it, without brackets. Undefined: not an address. */
export function addressKind(address: string): AddressKind | undefined {
  if (isIPv4(address)) return kindOf(address, "ipv4");
  if (!isIPv6(address)) return undefined;
  const groups = groupsOf(address);
  // With a zone, which names a link.
  if (groups === undefined) return "special";
  const inner = embeddedIpv4(groups);
  return inner === undefined ? kindOf(address, "ipv6") : kindOf(inner, "ipv4");
}

function kindOf(address: string, family: "ipv4" | "ipv6"): AddressKind {
  if (LOOPBACK.check(address, family)) return "loopback";
  if (SPECIAL.check(address, family)) return "special";
  if (PRIVATE.check(address, family)) return "private";
  return family === "ipv4" || GLOBAL_IPV6.check(address, family) ? "public" : "special";
}

function embeddedIpv4(groups: readonly string[]): string | undefined {
  const start = groups.slice(0, 6).join(":");
  if (start === MAPPED || start === NAT64) return dotted(groups[6], groups[7]);
  return groups[0] === SIX_TO_FOUR ? dotted(groups[1], groups[2]) : undefined;
}

function dotted(high = "0", low = "0"): string {
  const [upper, lower] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join(".");
}

/** The eight groups in hexadecimal, without leading zeros. */
function groupsOf(address: string): readonly string[] | undefined {
  const url = `http://[${address}]/`;
  if (!URL.canParse(url)) return undefined;
  const [head = "", tail] = new URL(url).hostname.slice(1, -1).split("::");
  const [before, after] = [head, tail ?? ""].map((part) => part.split(":").filter(Boolean));
  const filled = 8 - (before?.length ?? 0) - (after?.length ?? 0);
  return [...(before ?? []), ...Array.from({ length: filled }, () => "0"), ...(after ?? [])];
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    list.addSubnet(address, Number(bits), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}
