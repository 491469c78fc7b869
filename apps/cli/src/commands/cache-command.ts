/** `agentmesh cache`: what is kept to be given again, how much of it, and throwing it away. */
import { suggestion } from "@agentmesh/core";
import type { CacheKind } from "@agentmesh/ports";
import type { CachedEntry, CacheState, Mesh } from "@agentmesh/runtime";
import { durationArgument } from "../arguments/duration-argument.ts";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { dateText } from "../progress/duration-text.ts";
import { count } from "../progress/event-line.ts";
import { type Status, statusMark } from "../progress/status-mark.ts";
import { openSession } from "../session.ts";
import { type Row, tableLines } from "../terminal/table.ts";

const KINDS: readonly CacheKind[] = ["model", "tool", "plan", "shape"];
const WORDS = ["list", "stats", "clear"];
const BYTES_PER_KILOBYTE = 1_000;
const MARK_OF: Readonly<Record<CacheState, Status>> = {
  fresh: "ok",
  expired: "pending",
  stale: "warning",
  unknown: "pending",
};

export async function cacheCommand(call: CommandCall): Promise<number> {
  const [word = "list", surplus] = call.operands;
  if (!WORDS.includes(word) || surplus !== undefined)
    throw new UsageError(`There is no "cache ${call.operands.join(" ")}".`, suggestion(word, WORDS));
  refuseMisplaced(word, call);
  const kind = kindOf(call.options.get("kind")?.at(-1));
  await using mesh = await openSession(call);
  if (word === "clear") await clear(call, mesh, kind);
  else if (word === "stats") await stats(call, mesh, kind);
  else await list(call, mesh, kind);
  return EXIT.ok;
}

/** Who believes that only old entries go must not lose all. */
function refuseMisplaced(word: string, { options }: CommandCall): void {
  const wrong = ["older-than", "stale"].find((name) => options.has(name) && word !== "clear");
  if (wrong === undefined) return;
  throw new UsageError(`--${wrong} is for "cache clear".`, `Did you mean: agentmesh cache clear --${wrong}`);
}

async function list({ output }: CommandCall, mesh: Mesh, kind: CacheKind | undefined): Promise<void> {
  const entries = await mesh.cache.list(kind === undefined ? {} : { kind });
  if (output.isJson) return output.document({ entries });
  for (const line of tableLines(entries.map(entryRow))) output.resultLine(...line);
  if (entries.length === 0) output.say("Nothing is kept. docs/caching.md says what can be, and how to switch it on.");
  const dead = entries.filter(({ state }) => state === "stale" || state === "expired").length;
  if (dead > 0) output.say(`${count(dead, "entry", "entries")} will never be used: agentmesh cache clear --stale`);
}

async function stats({ output }: CommandCall, mesh: Mesh, kind: CacheKind | undefined): Promise<void> {
  const usages = (await mesh.cache.stats()).filter((usage) => kind === undefined || usage.kind === kind);
  const kinds = usages.map(({ kind: of, rows, bytes, hits }) => ({ kind: of, entries: rows, bytes, hits }));
  if (output.isJson) return output.document({ kinds });
  for (const line of tableLines(
    kinds.map(({ kind: of, entries, bytes, hits }) => [
      { style: "bold", text: of },
      count(entries, "entry", "entries"),
      sizeText(bytes),
      count(hits, "hit"),
    ]),
  ))
    output.resultLine(...line);
  if (kinds.length === 0) output.say("Nothing is kept.");
}

async function clear({ options, output }: CommandCall, mesh: Mesh, kind: CacheKind | undefined): Promise<void> {
  const age = options.get("older-than")?.at(-1);
  const removed = await mesh.cache.clear({
    ...(kind === undefined ? {} : { kind }),
    ...(age === undefined ? {} : { olderThanMs: durationArgument("older-than", age) }),
    isStale: options.has("stale"),
  });
  if (output.isJson) output.document({ removed });
  else output.resultLine(`${count(removed, "entry", "entries")} removed`);
}

function entryRow({ kind, name, state, bytes, createdAtMs, hits }: CachedEntry): Row {
  return [
    statusMark(MARK_OF[state]),
    kind,
    { style: "bold", text: name },
    state,
    sizeText(bytes),
    count(hits, "hit"),
    { style: "dim", text: dateText(createdAtMs) },
  ];
}

function sizeText(bytes: number): string {
  return bytes < BYTES_PER_KILOBYTE ? `${bytes} B` : `${(bytes / BYTES_PER_KILOBYTE).toFixed(1)} kB`;
}

function kindOf(text: string | undefined): CacheKind | undefined {
  const kind = KINDS.find((known) => known === text);
  if (text === undefined || kind !== undefined) return kind;
  throw new UsageError(`--kind ${text} is nothing that is kept.`, suggestion(text, KINDS));
}
