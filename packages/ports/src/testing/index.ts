export { cacheTableContract, type CacheTableSubject } from "./cache-table-contract.ts";
export { createdEvent, journalContract, type JournalContractSubject } from "./journal-contract.ts";
export { modelContract, type ModelContractSubject } from "./model-contract.ts";
export { retentionContract } from "./retention-contract.ts";
export { toolSourceContract, type ToolSourceContractSubject } from "./tool-source-contract.ts";
