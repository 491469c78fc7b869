import { journalContract } from "@agentmesh/ports/testing";
import { MemoryStorage, MemoryStore } from "../src/store/memory-store.ts";

journalContract("memory", () => {
  const storage = new MemoryStorage();
  return Promise.resolve({ store: new MemoryStore(storage), reopen: () => Promise.resolve(new MemoryStore(storage)) });
});
