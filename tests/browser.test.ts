/**
 * The core in an isolate that has the language and URL, and nothing else: no process, no Buffer, no timers, no modules.
 * What runs there runs in a browser, a worker, or wherever else a journal is looked at.
 */
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

async function bundleOf(source: string): Promise<string> {
  const entry = "virtual:entry";
  const core = join(import.meta.dirname, "../packages/core/src/index.ts");
  const build = await rolldown({
    input: entry,
    platform: "browser",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? source.replace("@core", core) : undefined),
      },
    ],
    external: [],
    onLog: (_level, warning) => {
      if (warning.code === "UNRESOLVED_IMPORT")
        throw new Error(`core needs something that no browser has: ${warning.message}`);
    },
  });
  const { output } = await build.generate({ format: "iife", name: "result" });
  return output[0].code;
}

test("a plan is checked, decided, stored and folded with nothing but the language and URL", async () => {
  const source = `
    import { catalogueOf, checkPlan, decodeEvent, encodeEvent, evolve, parsePlan, RunPolicy, RunState, runView, takeEffects, transition } from "@core";
    const tool = { name: "t.a", server: "t", tool: "a", description: "", inputSchema: { type: "object", properties: { n: { type: "integer" } } }, effect: "read", isOpenWorld: false, fingerprint: "f" };
    const { plan } = parsePlan({ mesh: 1, inputs: { go: {} }, tasks: [{ id: "x", use: "t.a", args: { n: 1 }, when: "inputs.go" }, { id: "y", use: "t.a", args: { n: { $from: "x.n" } } }] });
    const findings = checkPlan({ ...plan, tasks: [...plan.tasks, { id: "z", use: "t.b", args: {} }] }, catalogueOf([tool])).findings;
    const state = new RunState();
    const events = [];
    const at = { nowMs: 1, run: "r" };
    const payload = { hash: "h", bytes: 2, value: {} };
    const feed = (input) => { events.push(...transition(state, input, at)); return takeEffects(state, 1); };
    feed({ type: "start", mode: "run", tenant: "t", name: "n", inputs: payload, policy: RunPolicy.parse({}), work: { plan } });
    const effects = feed({ type: "node-succeeded", call: "router#1", node: "router", input: payload, output: payload, durationMs: 0, outcome: { tools: new Map([["t.a", tool]]), known: ["t.a"] } });
    const again = new RunState();
    for (const event of events) evolve(again, decodeEvent(event.run, encodeEvent(event)));
    export default { codes: findings.map((finding) => finding.code), effects, same: JSON.stringify(runView(again)) === JSON.stringify(runView(state)), globals: Object.keys(globalThis) };
  `;
  const code = await bundleOf(source);
  const context = createContext({ URL }, { codeGeneration: { strings: false, wasm: false } });
  const result = runInContext(`${code}; JSON.stringify(result)`, context) as string;
  expect(JSON.parse(result)).toMatchObject({
    codes: expect.arrayContaining(["AM_UNKNOWN_TOOL"]) as unknown,
    effects: [{ type: "resolve-task", task: "x" }],
    same: true,
  });
});
