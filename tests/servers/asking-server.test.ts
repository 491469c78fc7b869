/** Servers that ask a person in the middle of a call: stored, answered from anywhere, checked, and never for ever. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json, PlanInput } from "@agentmesh/core";
import { verifyStore } from "@agentmesh/verify";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMesh } from "@agentmesh/runtime";

const SERVER = join(import.meta.dirname, "asking-server.ts");
const PLAN: PlanInput = {
  mesh: 1,
  tasks: [{ id: "order", use: "bar.order", args: {} }],
  output: { $from: "order.text" },
};

interface Choice {
  readonly store?: string;
  readonly protocol?: "legacy" | "modern";
  readonly inputExpiresMs?: number;
}

async function openMesh({ store = ":memory:", protocol = "legacy", inputExpiresMs }: Choice = {}) {
  const policy = inputExpiresMs === undefined ? {} : { inputExpiresMs };
  const mesh = await createMesh({
    mcpServers: { bar: { command: process.execPath, args: [SERVER], protocol } },
    environment: {},
    policy,
    store,
  });
  onTestFinished(() => mesh[Symbol.asyncDispose]());
  return mesh;
}

const textOf = (output: Json): string => (typeof output === "string" ? output : "");

type Mesh = Awaited<ReturnType<typeof openMesh>>;

/** Until the server has asked. */
async function askedRun(mesh: Mesh) {
  const run = mesh.run(PLAN);
  for await (const event of run) if (event.type === "approval.requested") break;
  return run;
}

describe("what a server asks in the middle of a call", () => {
  test.each(["legacy", "modern"] as const)(
    "reaches a person, and the answer reaches the server: %s",
    async (protocol) => {
      const mesh = await openMesh({ protocol });
      const run = await askedRun(mesh);
      const [wait] = run.view?.waits ?? [];
      expect(wait).toMatchObject({ for: "approval", name: "order", message: "What shall it be?", tool: "bar.order" });
      expect(run.view?.tasks["order"]?.status).toBe("running");
      await run.approve("order", { args: { size: 2 } });
      const { status, output } = await run.result;
      expect(status).toBe("succeeded");
      // What was not filled in has the form's own value.
      expect(JSON.parse(textOf(output))).toEqual({ action: "accept", content: { size: 2, drink: "tea" } });
    },
  );

  test("is stored, and may be answered by another process", async () => {
    const store = join(mkdtempSync(join(tmpdir(), "agentmesh-asking-")), "store.db");
    const mesh = await openMesh({ store });
    const other = await openMesh({ store });
    const run = await askedRun(mesh);
    const seen = await other.show(run.id);
    expect(seen.waits[0]?.form?.bytes).toBeGreaterThan(0);
    await other.approve(run.id, "order", { args: { size: 3, drink: "milk" } });
    expect(JSON.parse(textOf((await run.result).output))).toMatchObject({ content: { size: 3, drink: "milk" } });
    expect(verifyStore(store).violations).toEqual([]);
  });

  test("takes no answer that does not fit, and says why", async () => {
    const run = await askedRun(await openMesh());
    await expect(run.approve("order", { args: { size: 0 } })).rejects.toThrow("does not fit what is asked: /size");
    await expect(run.approve("order", { args: { size: 1, sugar: true } })).rejects.toThrow("/sugar: There is no such");
    await run.approve("order", { args: { size: 1 } });
    expect((await run.result).status).toBe("succeeded");
  });

  test("may be refused", async () => {
    const run = await askedRun(await openMesh());
    await run.reject("order");
    expect((await run.result).output).toContain('"decline"');
  });

  test("is given up when nobody answers in time", async () => {
    const mesh = await openMesh({ inputExpiresMs: 50 });
    const run = mesh.run(PLAN);
    expect((await run.result).output).toContain('"cancel"');
  });

  test("is not asked where nobody may be", async () => {
    const mesh = await openMesh({ inputExpiresMs: 0 });
    expect((await mesh.run(PLAN).result).output).toBe("nobody can be asked");
  });

  test("ends with the run", async () => {
    const run = await askedRun(await openMesh());
    run.cancel();
    expect((await run.result).status).toBe("cancelled");
    expect(run.view?.waits.filter(({ form }) => form !== undefined)).toEqual([]);
  });
});
