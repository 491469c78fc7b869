import { cacheTableContract, journalContract, retentionContract } from "@agentmesh/ports/testing";
import { MemoryStorage, MemoryStore } from "../src/memory/memory-store.ts";

const openTwice = () => {
  const storage = new MemoryStorage();
  return Promise.resolve({ store: new MemoryStore(storage), reopen: () => Promise.resolve(new MemoryStore(storage)) });
};
journalContract("memory", openTwice);
retentionContract("memory", openTwice);

cacheTableContract("memory", () => {
  const storage = new MemoryStorage();
  const [store, other] = [new MemoryStore(storage), new MemoryStore(storage)];
  return Promise.resolve({ cache: store.cache, other: other.cache, dispose: () => Promise.resolve() });
});
