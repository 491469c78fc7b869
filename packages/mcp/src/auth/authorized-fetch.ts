/**
 * `fetch` that shows the token of a sign-in, and gets another one when the server asks for it: once for a token that it
 * refuses, once for one that allows too little. A request is sent again only after an answer that says it was not let in.
 */
import { extractWWWAuthenticateParams } from "@modelcontextprotocol/client";
import type { Fetch } from "../http/guarded-fetch.ts";
import type { OAuthSession } from "./oauth-session.ts";

/** Rejects with SignInError, and as the fetch does. */
export function authorizedFetch(fetch: Fetch, session: OAuthSession): Fetch {
  return async (url, init) => {
    let isRenewed = false;
    let isSteppedUp = false;
    for (;;) {
      const token = await session.token();
      const response = await fetch(url, withToken(init, token));
      if (response.status === 401 && !isRenewed) {
        isRenewed = true;
        const challenge = await challengeOf(response);
        await session.renew(token, challenge);
      } else if (response.status === 403 && !isSteppedUp && isScopeFault(response)) {
        isSteppedUp = true;
        if (!(await session.stepUp(token, extractWWWAuthenticateParams(response)))) return response;
        await response.body?.cancel();
      } else return response;
    }
  };
}

function withToken(init: RequestInit | undefined, token: string | undefined): RequestInit | undefined {
  if (token === undefined) return init;
  const headers = new Headers(init?.headers);
  headers.set("authorization", `Bearer ${token}`);
  return { ...init, headers };
}

async function challengeOf(response: Response) {
  const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
  await response.body?.cancel();
  return { resourceMetadataUrl, scope };
}

function isScopeFault(response: Response): boolean {
  return extractWWWAuthenticateParams(response).error === "insufficient_scope";
}
