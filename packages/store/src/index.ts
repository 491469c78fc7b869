/** What every store shares, whatever keeps it, and the store in memory. The one in a SQLite file is at `@agentmesh/store/sqlite`. */
export { cacheKeyText } from "./cache-key-text.ts";
export { type ChainedEvent, type ChainEnd, chainedEvent, firstSum, readChain } from "./event-chain.ts";
export {
  type CommandRow,
  commandText,
  inboxAnswerFrom,
  inboxFull,
  type InboxRows,
  inboxRowsFrom,
  unknownRun,
} from "./inbox-command.ts";
export { MemoryStorage, MemoryStore } from "./memory/memory-store.ts";
export { isProcessGone, type ProcessIdentity, thisProcess } from "./process-identity.ts";
export { type FinishedRun, prunableRuns } from "./prunable-runs.ts";
export { statusAfter } from "./status-after.ts";
export { textDigest } from "./text-digest.ts";
