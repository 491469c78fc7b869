/**
 * `fetch` for small documents that strangers serve (metadata, tokens, keys): read whole, within a time and a size. What
 * carries credentials goes over TLS, or does not leave this machine.
 */
import { isIP } from "node:net";
import { addressKind } from "./address-kind.ts";
import { DestinationRefusedError } from "./destination-refused-error.ts";
import { DocumentTooLargeError } from "./document-too-large-error.ts";
import type { Fetch } from "./guarded-fetch.ts";
import { bareHost } from "./network-policy.ts";

const DOCUMENT_MS = 10_000;
const DOCUMENT_BYTES_MAX = 1024 * 1024;

export function documentFetch(fetch: Fetch): Fetch {
  return async (input, init = {}) => {
    const url = new URL(input);
    requireTls(url);
    const timeout = AbortSignal.timeout(DOCUMENT_MS);
    const signal =
      init.signal === undefined || init.signal === null ? timeout : AbortSignal.any([init.signal, timeout]);
    const response = await fetch(url, { ...init, signal });
    const { status, statusText, headers } = response;
    if (response.body === null) return response;
    const body = await readBounded(response.body, url);
    // They tell of the body as it was sent.
    headers.delete("content-encoding");
    headers.delete("content-length");
    return new Response(body, { status, statusText, headers });
  };
}

function requireTls(url: URL): void {
  if (url.protocol === "https:" || isOwnMachine(bareHost(url))) return;
  throw new DestinationRefusedError({
    origin: url.origin,
    why: "credentials and keys go over https only",
    hint: "Give its https URL; plain http is for this machine alone.",
  });
}

function isOwnMachine(host: string): boolean {
  return isIP(host) === 0 ? host === "localhost" : addressKind(host) === "loopback";
}

async function readBounded(body: ReadableStream<Uint8Array>, { origin }: URL): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > DOCUMENT_BYTES_MAX) throw new DocumentTooLargeError(origin, DOCUMENT_BYTES_MAX);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
