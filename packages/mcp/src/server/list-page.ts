/** One page of a list, and where the next one begins. A cursor is a place: lists are short, and hardly change between pages. */
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";

const PAGE_ITEMS = 200;
const CURSOR = /^\d{1,9}$/;

export interface ListPage<Item> {
  readonly items: Item[];
  readonly next: { readonly nextCursor?: string };
}

/** Throws ProtocolError for a cursor that is none of ours. */
export function listPage<Item>(list: readonly Item[], cursor: string | undefined): ListPage<Item> {
  if (cursor !== undefined && !CURSOR.test(cursor))
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, "This cursor is not one of this server's.");
  const start = Number(cursor ?? 0);
  const end = start + PAGE_ITEMS;
  return { items: list.slice(start, end), next: end < list.length ? { nextCursor: String(end) } : {} };
}
