/** Seven servers that nobody here wrote, in one mesh at once. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMesh } from "@agentmesh/runtime";
import { expect, test, vi } from "vitest";
import { officialServers } from "../servers/official-servers.ts";
import { programServers } from "./program-servers.ts";

const newFolder = () => realpathSync(mkdtempSync(join(tmpdir(), "agentmesh-programs-")));

interface Site extends AsyncDisposable {
  readonly url: string;
  /** Somebody waits for the page `slow`, which never comes. */
  readonly asked: Promise<void>;
}

/** A web site of one page; closed with the test. */
async function openSite(): Promise<Site> {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const site = createServer((request, response) => {
    if (request.url === "/slow") return ask();
    response.setHeader("content-type", "text/html");
    response.end("<title>Launch</title><h1>The launch is on 14 March in Lisbon.</h1>");
  });
  await new Promise<void>((resolve) => void site.listen(0, "127.0.0.1", resolve));
  const { port } = site.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    [Symbol.asyncDispose]: () => {
      site.closeAllConnections();
      return new Promise((resolve) => void site.close(() => resolve()));
    },
  };
}

/** The processes whose command line or environment holds a text, by id. */
function processesWith(text: string, file: "cmdline" | "environ"): readonly number[] {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return ids.filter((id) => read(`/proc/${id}/${file}`).includes(text)).map(Number);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

test("seven servers answer in one mesh, and one plan uses them all", { timeout: 120_000 }, async () => {
  const folder = newFolder();
  await using site = await openSite();
  await using mesh = await createMesh({
    mcpServers: { ...officialServers(folder), ...programServers() },
    environment: {},
    store: ":memory:",
  });
  const { servers } = await mesh.tools();
  expect(servers.map(({ server, state }) => `${server} ${state}`)).toEqual([
    "everything ready",
    "files ready",
    "memory ready",
    "thinking ready",
    "database ready",
    "browser ready",
    "devtools ready",
  ]);
  const versions = Object.fromEntries(servers.map(({ server, protocolVersion }) => [server, protocolVersion]));
  expect(versions).toMatchObject({ database: "2026-07-28", browser: "2025-11-25", devtools: "2025-11-25" });

  const note = join(folder, "seen.txt");
  const run = mesh.run({
    mesh: 1,
    name: "all of them",
    tasks: [
      { id: "open", use: "browser.browser_navigate", args: { url: site.url } },
      { id: "title", use: "browser.browser_evaluate", args: { function: "() => document.title" }, after: ["open"] },
      { id: "page", use: "devtools.new_page", args: { url: site.url } },
      {
        id: "seen",
        use: "devtools.evaluate_script",
        args: { pageId: 2, function: "() => document.querySelector('h1').textContent" },
        after: ["page"],
      },
      { id: "note", use: "files.write_file", args: { path: note, content: "{{ title.text }}{{ seen.text }}" } },
      { id: "back", use: "files.read_text_file", args: { path: note }, after: ["note"] },
      {
        id: "table",
        use: "database.execute_sql",
        args: { sql: "CREATE TABLE note (place TEXT); INSERT INTO note VALUES ('Lisbon')" },
      },
      { id: "rows", use: "database.execute_sql", args: { sql: "SELECT place FROM note" }, after: ["table"] },
      {
        id: "kept",
        use: "memory.create_entities",
        args: { entities: [{ name: "Launch", entityType: "event", observations: [{ $from: "back.content" }] }] },
      },
      {
        id: "thought",
        use: "thinking.sequentialthinking",
        args: { thought: "{{ rows.text }}", nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 },
      },
      { id: "said", use: "everything.echo", args: { message: "{{ thought.totalThoughts }} thought" } },
    ],
    output: {
      read: { $from: "back.content" },
      rows: { $from: "rows.text" },
      kept: { $from: "kept.entities[0].name" },
      said: { $from: "said.text" },
    },
  });
  const { status, output } = await run.result;
  expect(status).toBe("succeeded");
  const { read: seen, rows, kept, said } = output as Record<string, string>;
  expect(seen).toContain("Launch");
  expect(seen).toContain("14 March in Lisbon");
  expect(rows).toContain("Lisbon");
  expect({ kept, said }).toEqual({ kept: "Launch", said: "Echo: 1 thought" });
});

test(
  "a server killed in mid-call comes back, browser and all, without a restart of the mesh",
  { timeout: 120_000 },
  async () => {
    const mark = `agentmesh-programs-${process.pid}`;
    await using site = await openSite();
    await using mesh = await createMesh({
      mcpServers: { browser: { ...programServers().browser, env: { PROGRAM_MARK: mark } } },
      environment: {},
      store: ":memory:",
      policy: { inDoubt: "fail" },
    });
    const open = { id: "open", use: "browser.browser_navigate", args: { url: site.url } };
    const wait = { id: "wait", use: "browser.browser_navigate", args: { url: `${site.url}slow` }, after: ["open"] };
    const cut = mesh.run({ mesh: 1, tasks: [open, wait] });
    await site.asked;
    const server = processesWith("@playwright/mcp/cli.js", "cmdline").filter((id) =>
      read(`/proc/${id}/environ`).includes(mark),
    );
    expect(server).toHaveLength(1);
    for (const id of server) process.kill(id, "SIGKILL");
    const { status, error } = await cut.result;
    expect({ status, code: error?.code }).toEqual({ status: "failed", code: "AM_TASK_FAILED" });
    const cutTask = (await mesh.show(cut.id)).tasks["wait"];
    expect(cutTask?.error?.code).toBe("AM_TOOL_DISCONNECTED");

    const title = { id: "title", use: "browser.browser_evaluate", args: { function: "() => document.title" } };
    const again = mesh.run({ mesh: 1, tasks: [open, { ...title, after: ["open"] }], output: { $from: "title.text" } });
    const result = await again.result;
    expect(result.status).toBe("succeeded");
    expect(result.output).toContain("Launch");
    await mesh[Symbol.asyncDispose]();
    // Nothing is left of either browser.
    await vi.waitFor(() => expect(processesWith(mark, "environ")).toEqual([]), { timeout: 5_000 });
  },
);
