/** How a server of the configuration is signed in to by OAuth 2.1: as a program with its own credentials, or for a person. */
import * as z from "@agentmesh/core/zod";

const ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"] as const;
/** The loopback address that a person's browser comes back to; 0 takes any free port. */
const PORT_MAX = 65_535;

const WebUrl = z.url({ protocol: /^https?$/, error: "Give an http or https URL." });

export const OAuthConfig = z
  .strictObject({
    grant: z
      .enum(["client_credentials", "authorization_code"])
      .default("authorization_code")
      .describe(
        "client_credentials: this program has credentials. authorization_code: a person signs in once (agentmesh login).",
      ),
    issuer: WebUrl.optional().describe(
      "The only authorization server that may be asked. Needed with a secret or a key: only it gets them.",
    ),
    clientId: z.string().min(1).optional(),
    clientSecret: z.string().min(1).optional(),
    privateKey: z
      .string()
      .min(1)
      .optional()
      .describe("Signs in by a signed statement (private_key_jwt), in place of a secret: PEM text, PKCS 8."),
    algorithm: z.enum(ALGORITHMS).default("RS256").describe("Of privateKey."),
    clientMetadataUrl: z
      .url({ protocol: /^https$/ })
      .optional()
      .describe("A document that describes this client, where the server takes its URL as clientId."),
    register: z.boolean().default(false).describe("Whether this client may register itself where it has no clientId."),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
      .default([])
      .describe("Asked for in any case; what the server asks for is added."),
    redirectPort: z
      .int()
      .min(0)
      .max(PORT_MAX)
      .default(0)
      .describe("Where the browser comes back to after a sign-in; 0: any free port."),
  })
  .superRefine((oauth, context) => {
    const { grant, clientId, clientSecret, privateKey, issuer } = oauth;
    const fault = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
    const hasSecret = clientSecret !== undefined || privateKey !== undefined;
    if (clientSecret !== undefined && privateKey !== undefined)
      fault("privateKey", 'Give either "clientSecret" or "privateKey", not both.');
    if (hasSecret && clientId === undefined) fault("clientId", "Say whose secret this is.");
    if (hasSecret && issuer === undefined)
      fault("issuer", "Name the authorization server, or any that the server names would be given your secret.");
    if (grant === "client_credentials" && !hasSecret)
      fault("clientSecret", "A program needs a clientSecret or a privateKey.");
  })
  .describe("Signs in by OAuth 2.1.");
export type OAuthConfig = z.output<typeof OAuthConfig>;
