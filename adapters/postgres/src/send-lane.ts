/** Puts commands into inboxes, and announces them to every opening of the store. */
import { randomUUID } from "node:crypto";
import { INBOX_ITEMS_MAX } from "@agentmesh/ports";
import type { Lane, Outcome } from "./group-commit.ts";
import { inboxFull, unknownRun } from "@agentmesh/store";
import type { ServerSession } from "./server-session.ts";

export interface SendRequest {
  readonly run: string;
  /** JSON text. */
  readonly command: string;
}

/**
 * The token makes it harmless to send the same twice: what is there already is found. A notification may hold 8,000 bytes;
 * one that is received means "look", and names the run where there is room for it.
 */
const SEND = {
  name: "send",
  text: `
  WITH asked AS (
    SELECT s.ord, s.token, s.command, run.number, run.id, run.tenant, known.item AS known
    FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) AS s(ord, id, token, command)
    JOIN run ON run.id = s.id LEFT JOIN inbox known ON known.token = s.token
  ), ranked AS (
    SELECT asked.*, row_number() OVER (PARTITION BY number ORDER BY ord)
      + (SELECT count(*) FROM inbox WHERE inbox.run = asked.number AND inbox.answer IS NULL) AS place
    FROM asked WHERE known IS NULL
  ), sent AS (
    INSERT INTO inbox(run, tenant, at_ms, token, command)
    SELECT number, tenant, extract(epoch FROM clock_timestamp()) * 1000, token, command
    FROM ranked WHERE place <= $5 ORDER BY ord
    ON CONFLICT (token) DO NOTHING RETURNING item, token
  ), told AS (
    SELECT count(pg_notify($6, sent.item || ' ' || asked.id)) AS n FROM sent JOIN asked USING (token)
  )
  SELECT asked.ord, coalesce(asked.known, sent.item) AS item, coalesce(ranked.place, 0) > $5 AS is_refused
  FROM asked LEFT JOIN sent USING (token) LEFT JOIN ranked USING (token), told`,
};

/** `item` null: the inbox is full, or the same command came in by a connection that was cut while this statement waited. */
interface SentRow extends Record<string, unknown> {
  readonly ord: number;
  readonly item: string | null;
  readonly is_refused: boolean;
}

export class SendLane implements Lane<SendRequest, number> {
  readonly #session: ServerSession;
  readonly #channel: string;

  constructor(session: ServerSession, channel: string) {
    this.#session = session;
    this.#channel = channel;
  }

  async commit(requests: readonly SendRequest[]): Promise<readonly Outcome<number>[]> {
    const tokens = requests.map(() => randomUUID());
    const values = [
      requests.map((_, index) => index),
      requests.map(({ run }) => run),
      tokens,
      requests.map(({ command }) => command),
      INBOX_ITEMS_MAX,
      this.#channel,
    ];
    const send = () => this.#session.query<SentRow>(SEND, values);
    const rows = await this.#session.repeat(async (isRepetition) => {
      const sent = await send();
      const isLate = isRepetition && sent.some(({ item, is_refused: isRefused }) => item === null && !isRefused);
      return isLate ? await send() : sent;
    });
    const items = new Map(rows.map(({ ord, item }) => [ord, item]));
    return requests.map(({ run }, index) => {
      const item = items.get(index);
      if (item === undefined) return { error: unknownRun(run) };
      return item === null ? { error: inboxFull(run) } : { value: Number(item) };
    });
  }
}
