/** How the client under test signs in to the servers of the scenarios about authorization. */
import type { McpServerConfigInput, SignInPerson } from "@agentmesh/mcp";

/** What a scenario hands to its client. */
export interface SignInContext {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly private_key_pem?: string;
  readonly signing_algorithm?: string;
}

/** The document that the scenarios know their client by. */
const CLIENT_METADATA_URL = "https://conformance-test.local/client-metadata.json";

/** The entry of the configuration: without a sign-in for scenarios about other things. */
export async function scenarioConfig(
  scenario: string,
  url: string,
  context: SignInContext,
): Promise<McpServerConfigInput> {
  if (!scenario.startsWith("auth/")) return { url };
  const {
    client_id: clientId,
    client_secret: clientSecret,
    private_key_pem: privateKey,
    signing_algorithm: algorithm,
  } = context;
  const isSecret = clientSecret !== undefined || privateKey !== undefined;
  const oauth = {
    ...(scenario.startsWith("auth/client-credentials") ? { grant: "client_credentials" as const } : {}),
    ...(clientId === undefined ? { register: true, clientMetadataUrl: CLIENT_METADATA_URL } : { clientId }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(privateKey === undefined ? {} : { privateKey, algorithm: algorithm as "ES256" }),
    // An operator with a secret knows whom it is for; here only the server can tell.
    ...(isSecret ? { issuer: await issuerOf(url) } : {}),
  };
  // The authorization server of a scenario listens on this machine.
  return { url, auth: { oauth }, network: { private: true } };
}

async function issuerOf(url: string): Promise<string> {
  const answer = await fetch(url, { method: "POST" });
  const written = /resource_metadata="([^"]+)"/.exec(answer.headers.get("www-authenticate") ?? "")?.[1];
  const { origin, pathname } = new URL(url);
  const metadata = await fetch(written ?? `${origin}/.well-known/oauth-protected-resource${pathname}`);
  const { authorization_servers: servers = [] } = (await metadata.json()) as { authorization_servers?: string[] };
  return servers[0] ?? origin;
}

/** Clicks at once on whatever the page shows. */
export const EAGER_PERSON: SignInPerson = {
  redirectUrl: "http://localhost:3000/callback",
  authorize: async (page) => {
    const response = await fetch(page, { redirect: "manual" });
    return new URL(response.headers.get("location") ?? page).searchParams;
  },
};
