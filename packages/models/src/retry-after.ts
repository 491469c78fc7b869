/** When a server wants to be asked again. */

export type ResponseHeaders = Readonly<Record<string, string>>;

/** Milliseconds from now; undefined when the server does not say. Header names are lower case, as `fetch` gives them. */
export function retryAfterMs(headers: ResponseHeaders, body: string, nowMs: number): number | undefined {
  const milliseconds = headers["retry-after-ms"];
  if (milliseconds !== undefined && isDecimal(milliseconds)) return Math.ceil(Number(milliseconds));
  const after = headers["retry-after"];
  if (after === undefined) return retryDelayOf(body);
  if (isDecimal(after)) return Math.ceil(Number(after) * 1000);
  const dateMs = Date.parse(after);
  if (Number.isNaN(dateMs)) return undefined;
  // Both clocks of the answer are the server's: a local clock that is wrong does not matter.
  const serverNowMs = Date.parse(headers["date"] ?? "");
  return Math.max(0, dateMs - (Number.isNaN(serverNowMs) ? nowMs : serverNowMs));
}

function isDecimal(text: string): boolean {
  return /^\s*\d{1,9}(\.\d{1,9})?\s*$/.test(text);
}

/** Google puts it into the body (google.rpc.RetryInfo): `"retryDelay": "17s"`. */
function retryDelayOf(body: string): number | undefined {
  const seconds = /"retryDelay"\s*:\s*"(\d{1,6}(?:\.\d{1,9})?)s"/.exec(body)?.[1];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}
