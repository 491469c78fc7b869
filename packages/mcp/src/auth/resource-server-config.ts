/**
 * Who may call what this process serves: whose tokens are believed, and what in them says who asks. Either an
 * authorization server's public keys, or one secret; never both, so that neither can be taken for the other.
 */
import * as z from "@agentmesh/core/zod";
import { NetworkConfig } from "../http/network-policy.ts";

/** Signatures with a public key, those of JWA that are safe to accept. */
const PUBLIC_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

/** Of HS256, by RFC 7518: as long as the hash. */
const SECRET_CHARS_MIN = 32;
const ISSUERS_MAX = 20;
const CLOCK_TOLERANCE_SECONDS_MAX = 300;
const DEFAULT_CLOCK_TOLERANCE_SECONDS = 10;

const WebUrl = z.url({ protocol: /^https?$/, error: "Give an http or https URL." });

/** One, or several. */
function listOf<Item extends z.ZodType>(item: Item) {
  return z.union([item.transform((one) => [one]), z.array(item).min(1).max(ISSUERS_MAX)]);
}

export const ResourceServerConfig = z
  .strictObject({
    issuer: listOf(WebUrl).describe("Authorization servers whose tokens are believed, as their iss claim says it."),
    audience: listOf(z.string().min(1)).describe(
      "What the aud claim must name: this server. A token for another is refused.",
    ),
    jwks: z
      .union([WebUrl, z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1) })])
      .optional()
      .describe("Where the issuer's keys are, or the keys. Default: where its own metadata says."),
    secret: z
      .string()
      .min(SECRET_CHARS_MIN)
      .optional()
      .describe("Believes tokens signed with this secret (HS256), and no others."),
    algorithms: z
      .array(z.enum(PUBLIC_ALGORITHMS))
      .min(1)
      .default([...PUBLIC_ALGORITHMS]),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
      .default([])
      .describe("Scopes without which nobody gets in."),
    tenantClaim: z
      .string()
      .min(1)
      .optional()
      .describe("The claim that names the tenant. Default: everybody is of the mesh's own."),
    subjectClaim: z.string().min(1).default("sub"),
    clockToleranceSeconds: z.int().min(0).max(CLOCK_TOLERANCE_SECONDS_MAX).default(DEFAULT_CLOCK_TOLERANCE_SECONDS),
    network: NetworkConfig.prefault({}),
  })
  .refine(({ secret, jwks }) => secret === undefined || jwks === undefined, {
    path: ["secret"],
    error: 'Give either "secret" or "jwks", not both.',
  })
  .refine(({ issuer, jwks }) => jwks === undefined || issuer.length === 1, {
    path: ["jwks"],
    error: "Keys belong to one issuer: leave jwks out when there are several, and each is asked for its own.",
  })
  .describe("Whose tokens callers must show.");
export type ResourceServerConfig = z.output<typeof ResourceServerConfig>;
