/** The thread that reads values for an event loop that waits (blob-thread.ts). */
import { workerData } from "node:worker_threads";
import type { BlobReply, BlobThreadData } from "./blob-thread.ts";
import { placeOf } from "./server-address.ts";
import { ServerSession } from "./server-session.ts";

const READ = { name: "blob", text: "SELECT body FROM blob WHERE hash = $1 LIMIT 1" };

const { url, schema, patienceMs, replies, port } = workerData as BlobThreadData;
const session = new ServerSession({ url, schema, place: placeOf(url, schema), patienceMs });

async function replyTo(hash: string): Promise<BlobReply> {
  try {
    const [row] = await session.read<{ body: string }>(READ, [hash]);
    return { hash, text: row?.body ?? null };
  } catch (error) {
    return { hash, failure: error instanceof Error ? error.message : String(error) };
  }
}

port.on("message", (hash: string) => {
  void replyTo(hash).then((reply) => {
    port.postMessage(reply, []);
    Atomics.add(replies, 0, 1);
    Atomics.notify(replies, 0);
  });
});
