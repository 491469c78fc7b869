/** A way to the server that can be cut while the server goes on working, as networks do. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class CutProxy {
  readonly url: string;
  readonly #server: Server;
  readonly #clients: Set<Socket>;

  private constructor(url: string, server: Server, clients: Set<Socket>) {
    this.url = url;
    this.#server = server;
    this.#clients = clients;
  }

  static async to(serverUrl: string): Promise<CutProxy> {
    const target = new URL(serverUrl);
    const { port, hostname } = target;
    const clients = new Set<Socket>();
    const server = createServer((client) => {
      clients.add(client);
      const upstream = connect(Number(port), hostname);
      upstream.on("error", () => client.destroy());
      upstream.on("close", () => client.destroy());
      client.on("error", () => undefined);
      client.on("close", () => clients.delete(client)); // the server is not told: it finds out when it answers
      client.pipe(upstream, { end: false });
      upstream.pipe(client);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) target.port = String(address.port);
    return new CutProxy(target.href, server, clients);
  }

  /** Cuts every connection; new ones are let through. */
  cut(): void {
    for (const client of this.#clients) client.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
    this.#server.unref();
  }
}
