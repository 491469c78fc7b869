/**
 * Where a person's browser comes back to after a sign-in (RFC 8252): one page on this machine alone, for one sign-in at a
 * time. Whoever else knocks, as any web page can, is turned away: only the state of the sign-in that waits is let in.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { SignInPerson } from "./oauth-flow.ts";

const HOST = "127.0.0.1";
const PATH = "/callback";
const REQUEST_MS = 5_000;

export interface RedirectListenerOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** Sends the person to the page; they come back by themselves. */
  readonly show: (page: URL) => void;
}

interface Waiting {
  readonly state: string | null;
  readonly resolve: (back: URLSearchParams) => void;
}

export class RedirectListener implements SignInPerson, AsyncDisposable {
  readonly redirectUrl: string;
  readonly #server: Server;
  readonly #show: (page: URL) => void;
  #waiting: Waiting | undefined;

  private constructor(server: Server, show: (page: URL) => void) {
    const { port } = server.address() as AddressInfo;
    this.redirectUrl = `http://${HOST}:${port}${PATH}`;
    this.#server = server;
    this.#show = show;
    server.on("request", (request, response) => this.#answer(request, response));
  }

  /** Rejects with the system's error when the port is taken. */
  static async open({ port, show }: RedirectListenerOptions): Promise<RedirectListener> {
    const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }).listen(port, HOST);
    await once(server, "listening");
    return new RedirectListener(server, show);
  }

  readonly authorize = (page: URL): Promise<URLSearchParams> => {
    const { promise, resolve } = Promise.withResolvers<URLSearchParams>();
    this.#waiting = { state: page.searchParams.get("state"), resolve };
    this.#show(page);
    return promise;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.redirectUrl);
    const isOurs = request.method === "GET" && url.pathname === PATH && request.headers.host === url.host;
    const waiting = this.#waiting;
    if (!isOurs || waiting === undefined || url.searchParams.get("state") !== waiting.state) {
      sendText(response, 400, "No sign-in waits for this.");
      return;
    }
    this.#waiting = undefined;
    sendText(response, 200, "Thank you. You can close this page and go back to the terminal.");
    waiting.resolve(url.searchParams);
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "referrer-policy": "no-referrer",
    connection: "close",
  };
  response.writeHead(status, { ...headers, "cache-control": "no-store" }).end(text);
}
