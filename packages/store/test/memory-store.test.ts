import { cacheTableContract, journalContract } from "@agentmesh/ports/testing";
import { MemoryStorage, MemoryStore } from "../src/memory/memory-store.ts";

journalContract("memory", () => {
  const storage = new MemoryStorage();
  return Promise.resolve({ store: new MemoryStore(storage), reopen: () => Promise.resolve(new MemoryStore(storage)) });
});

cacheTableContract("memory", () => {
  const storage = new MemoryStorage();
  const [store, other] = [new MemoryStore(storage), new MemoryStore(storage)];
  return Promise.resolve({ cache: store.cache, other: other.cache, dispose: () => Promise.resolve() });
});
