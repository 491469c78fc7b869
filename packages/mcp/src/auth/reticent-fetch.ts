/**
 * `fetch` for authorization servers that keeps to itself what they say when they refuse: some repeat what they were sent,
 * secrets and all, and the SDK puts it into its errors and warnings. What is left is the code of RFC 6749, spelled so that
 * the SDK does not know it: it would print a warning and ask again.
 */
import type { OAuthError } from "@modelcontextprotocol/client";
import type { Fetch } from "../http/guarded-fetch.ts";

const ERROR_CODE = /^[a-z_]{1,64}$/;
const UNKNOWN = "unknown_error";
const MARK = "refused:";
/** What the SDK makes of an answer of 500 and above as well. */
const SERVER_ERROR = "server_error";

/** The code that the authorization server gave; nothing when it is in trouble itself. */
export function refusalCode({ code }: OAuthError): string | undefined {
  return code === SERVER_ERROR ? undefined : code.replace(MARK, "");
}

export function reticentFetch(fetch: Fetch): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (response.ok || response.status < 400) return response;
    const { status, headers } = response;
    const code = errorCodeOf(await response.text());
    const body = { error: status >= 500 ? SERVER_ERROR : MARK + code };
    const challenge = headers.get("www-authenticate");
    return Response.json(body, { status, headers: challenge === null ? {} : { "www-authenticate": challenge } });
  };
}

function errorCodeOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    return typeof error === "string" && ERROR_CODE.test(error) ? error : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}
