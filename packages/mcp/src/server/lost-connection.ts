/** Why a request was given up. */
import { SdkError, SdkErrorCode } from "@modelcontextprotocol/server";

/** The client is gone, and has not said that it wants nothing any more. Closing a response over HTTP is to say so, since 2026. */
export function isConnectionLost({ reason }: AbortSignal): boolean {
  return reason instanceof SdkError && reason.code === SdkErrorCode.ConnectionClosed;
}
