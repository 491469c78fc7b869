import { expect, test } from "vitest";
import type { PlanInput } from "@agentmesh/core";
import { PlanReader } from "./plan-reader.ts";

interface Draft extends PlanInput {
  tasks: { id: string; use: string; args: { text: string } }[];
}

function draft(): Draft {
  return { mesh: 1, name: "hello", tasks: [{ id: "a", use: "test.echo", args: { text: "bees" } }] };
}

test("a plan that is handed in again is the same plan, and so checked before", () => {
  const reader = new PlanReader();
  const document = draft();
  const { plan } = reader.read(document);
  expect(plan).toBeDefined();
  expect(reader.read(document).plan).toBe(plan);
  expect(reader.read(draft()).plan).toEqual(plan);
});

test("a plan that its holder has changed is read anew", () => {
  const reader = new PlanReader();
  const document = draft();
  const { plan } = reader.read(document);
  document.tasks[0] = { id: "a", use: "test.echo", args: { text: "wasps" } };
  const changed = reader.read(document).plan;
  expect(changed).not.toBe(plan);
  expect(changed?.tasks[0]?.args).toEqual({ text: "wasps" });
  document.name = "";
  expect(reader.read(document).plan).toBeUndefined();
});

test("what is no plan is told of each time", () => {
  const reader = new PlanReader();
  const circle: { mesh: 1; name: string; tasks: []; more?: unknown } = { mesh: 1, name: "circle", tasks: [] };
  circle.more = circle;
  for (let time = 0; time < 2; time++) expect(reader.read(circle).findings).not.toEqual([]);
});
