/** What the SDK's OAuth flow asks of a client: who it is, and where it puts what it is given. One is made for each sign-in. */
import {
  type AddClientAuthentication,
  createPrivateKeyJwtAuth,
  type OAuthClientInformationContext,
  type OAuthClientMetadata,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import type { OAuthConfig } from "./oauth-config.ts";
import type { SignIn } from "./token-store.ts";

export interface OAuthClientOptions {
  readonly config: OAuthConfig;
  /** What is stored; changed here. */
  readonly signIn: SignIn;
  /** Where the browser comes back to; absent: nobody is asked. */
  readonly redirectUrl?: string | undefined;
  /** Goes there and back, unchanged. */
  readonly state?: string | undefined;
  /** Throws when it is not the issuer that is meant. */
  readonly checkIssuer: (issuer: string) => void;
}

export class OAuthClient implements OAuthClientProvider {
  readonly clientMetadata: OAuthClientMetadata;
  readonly clientMetadataUrl?: string;
  readonly addClientAuthentication?: AddClientAuthentication;
  /** Only there when this client may register itself: the SDK asks whether it is. */
  readonly saveClientInformation?: (
    stored: StoredOAuthClientInformation,
    context?: OAuthClientInformationContext,
  ) => void;
  readonly prepareTokenRequest?: (scope?: string) => URLSearchParams;
  /** Where the person is to be sent. */
  authorizationUrl: URL | undefined;
  readonly #options: OAuthClientOptions;
  #verifier = "";
  #discovery: OAuthDiscoveryState | undefined;

  constructor(options: OAuthClientOptions) {
    const { config, redirectUrl, signIn } = options;
    const { clientId = "", clientSecret, privateKey, clientMetadataUrl, register } = config;
    this.#options = options;
    const isProgram = config.grant === "client_credentials";
    this.clientMetadata = {
      client_name: "AgentMesh",
      redirect_uris: redirectUrl === undefined ? [] : [redirectUrl],
      grant_types: isProgram ? ["client_credentials"] : ["authorization_code", "refresh_token"],
      ...(isProgram ? {} : { response_types: ["code"] }),
      ...(config.scopes.length === 0 ? {} : { scope: config.scopes.join(" ") }),
      ...(clientSecret === undefined && clientId !== "" ? { token_endpoint_auth_method: "none" } : {}),
    };
    if (clientMetadataUrl !== undefined) this.clientMetadataUrl = clientMetadataUrl;
    if (privateKey !== undefined)
      this.addClientAuthentication = createPrivateKeyJwtAuth({
        issuer: clientId,
        subject: clientId,
        privateKey,
        alg: config.algorithm,
      });
    if (register)
      this.saveClientInformation = (stored, context) => void (signIn.clients[context?.issuer ?? ""] = stored);
    if (isProgram)
      this.prepareTokenRequest = (scope) =>
        new URLSearchParams({ grant_type: "client_credentials", ...(scope ? { scope } : {}) });
  }

  get redirectUrl(): string | undefined {
    return this.#options.redirectUrl;
  }

  state(): string {
    return this.#options.state ?? "";
  }

  clientInformation(context?: OAuthClientInformationContext): StoredOAuthClientInformation | undefined {
    const { config, signIn, checkIssuer } = this.#options;
    const issuer = context?.issuer ?? "";
    checkIssuer(issuer);
    const { clientId, clientSecret } = config;
    if (clientId === undefined) return Object.hasOwn(signIn.clients, issuer) ? signIn.clients[issuer] : undefined;
    return { client_id: clientId, issuer, ...(clientSecret === undefined ? {} : { client_secret: clientSecret }) };
  }

  /** Refreshing is not left to the SDK, which would do it for every call. */
  tokens(): undefined {
    return undefined;
  }

  saveTokens({ issuer = "", ...tokens }: StoredOAuthTokens): void {
    const fromMs = Date.now();
    const { access_token, token_type, refresh_token, scope, expires_in } = tokens;
    this.#options.signIn.tokens = {
      access_token,
      token_type,
      issuer,
      fromMs,
      ...(refresh_token === undefined ? {} : { refresh_token }),
      ...(scope === undefined ? {} : { scope }),
      ...(expires_in === undefined ? {} : { endMs: fromMs + expires_in * 1_000 }),
    };
  }

  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }
}
