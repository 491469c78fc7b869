/** Restate: its server as a child process, a handler in this one whose steps are `ctx.run`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http2";
import { createRequire } from "node:module";
import { createServer as createTcpServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import * as restate from "@restatedev/restate-sdk";

const READY_MS_MAX = 60_000;
const PROGRAM = `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`;

export const restateRun = {
  name: "Restate",
  packages: ["@restatedev/restate-sdk", "@restatedev/restate-server"],
  supports: (shape) => shape !== "dag",
  async prepare(job) {
    const [handler, ingress, admin, node] = await Promise.all(Array.from({ length: 4 }, freePort));
    const endpoint = createServer(restate.createEndpointHandler({ services: [serviceOf(job)], logger: () => {} }));
    await once(endpoint.listen(handler, "127.0.0.1"), "listening");
    const server = startServer(job.folder, { ingress, admin, node });
    await register(`http://127.0.0.1:${admin}/deployments`, `http://127.0.0.1:${handler}`);
    return {
      run: () => post(`http://127.0.0.1:${ingress}/bench/run`, {}),
      async close() {
        server.kill("SIGTERM");
        await once(server, "exit");
        endpoint.close();
      },
      serverPid: server.pid,
    };
  },
};

function serviceOf({ graph, step }) {
  const run = async (ctx) => {
    if (graph.shape === "chain") for (let index = 0; index < graph.tasks; index++) await ctx.run(() => step(index));
    else {
      const all = Array.from({ length: graph.tasks - 1 }, (_, index) => ctx.run(() => step(index)));
      await restate.RestatePromise.all(all);
      await ctx.run(() => step(graph.tasks - 1));
    }
    return graph.tasks;
  };
  return restate.service({ name: "bench", handlers: { run }, options: { inactivityTimeout: { minutes: 10 } } });
}

function startServer(folder, { ingress, admin, node }) {
  const program = createRequire(import.meta.url).resolve(PROGRAM);
  const address = (port) => `127.0.0.1:${port}`;
  const env = {
    ...process.env,
    RUST_LOG: "error",
    RESTATE_LOG_FILTER: "error",
    DO_NOT_TRACK: "1",
    RESTATE_BIND_ADDRESS: address(node),
    RESTATE_ADVERTISED_ADDRESS: `http://${address(node)}`,
    RESTATE_INGRESS__BIND_ADDRESS: address(ingress),
    RESTATE_ADMIN__BIND_ADDRESS: address(admin),
  };
  const server = spawn(program, ["--no-logo", "--base-dir", folder, "--node-name", "bench"], { env, stdio: "ignore" });
  process.once("exit", () => server.kill("SIGKILL"));
  return server;
}

async function register(url, uri) {
  for (const untilMs = performance.now() + READY_MS_MAX; ; await sleep(200)) {
    try {
      return await post(url, { uri });
    } catch (error) {
      if (performance.now() > untilMs) throw error;
    }
  }
}

async function post(url, body) {
  const headers = { "content-type": "application/json" };
  const reply = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await reply.text();
  if (!reply.ok) throw new RangeError(`${url}: ${reply.status} ${text}`);
}

async function freePort() {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}
