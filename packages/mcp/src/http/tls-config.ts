/**
 * Certificates and keys of TLS, as the configuration gives them: each the path of a PEM file, or the PEM text itself
 * (which an environment variable can hold).
 */
import { readFileSync } from "node:fs";
import * as z from "@agentmesh/core/zod";
import { TlsMaterialError } from "./tls-material-error.ts";

const PEM_START = "-----BEGIN ";
const PEM_BYTES_MAX = 4 * 1024 * 1024;

const Pem = z.string().min(1).max(PEM_BYTES_MAX);

/** Of a client: whom it trusts, and who it is. */
export const ClientTlsConfig = z
  .strictObject({
    ca: Pem.describe(
      "Authorities that may vouch for the server, in place of the usual ones: file or PEM text.",
    ).optional(),
    cert: Pem.describe(
      "The certificate shown to the server (mutual TLS), with its chain: file or PEM text.",
    ).optional(),
    key: Pem.describe("The private key of cert: file or PEM text.").optional(),
    serverName: z.string().min(1).optional().describe("The name that its certificate is for, when not its host's."),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    path: ["key"],
    error: 'Give "cert" and "key" together.',
  })
  .describe("Certificates of the connection.");
export type ClientTlsConfig = z.output<typeof ClientTlsConfig>;

/** Of a server: who it is, and which clients may connect. */
export const ServerTlsConfig = z
  .strictObject({
    cert: Pem.describe("The certificate with its chain: file or PEM text."),
    key: Pem.describe("Its private key: file or PEM text."),
    clientCa: Pem.describe(
      "With it, only clients with a certificate of this authority may connect (mutual TLS).",
    ).optional(),
  })
  .describe("Serves https in place of http.");
export type ServerTlsConfig = z.output<typeof ServerTlsConfig>;

/** What node's clients take. */
export interface TlsMaterial {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/** What node's servers take. */
export interface ServerTlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/** Throws TlsMaterialError. */
export function clientTlsMaterial({ ca, cert, key, serverName }: ClientTlsConfig): TlsMaterial {
  return {
    ...(ca === undefined ? {} : { ca: [readPem("ca", ca)] }),
    ...(cert === undefined ? {} : { cert: readPem("cert", cert) }),
    ...(key === undefined ? {} : { key: readPem("key", key) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

/** The options for `https.createServer`. Throws TlsMaterialError. */
export function serverTlsMaterial({ cert, key, clientCa }: ServerTlsConfig): ServerTlsMaterial {
  const isMutual = clientCa !== undefined;
  return {
    cert: readPem("cert", cert),
    key: readPem("key", key),
    ...(isMutual ? { ca: readPem("clientCa", clientCa) } : {}),
    requestCert: isMutual,
    rejectUnauthorized: isMutual,
  };
}

function readPem(setting: string, value: string): string {
  if (value.trimStart().startsWith(PEM_START)) return value;
  let text: string;
  try {
    text = readFileSync(value, "utf8");
  } catch (error) {
    throw new TlsMaterialError({ setting, file: value, why: "cannot be read", cause: error });
  }
  if (!text.includes(PEM_START)) throw new TlsMaterialError({ setting, file: value, why: "holds no PEM text" });
  return text;
}
