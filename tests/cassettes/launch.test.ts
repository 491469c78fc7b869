/**
 * A goal that the small local model planned and answered over three real servers, played back where there is no model and no
 * server. Recorded in examples/launch with: agentmesh run "$(cat goal.txt)" --record launch.cassette.json
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createMesh } from "agentmesh";
import { expect, test } from "vitest";

const cassette = join(import.meta.dirname, "launch.cassette.json");
const goal = readFileSync(join(import.meta.dirname, "../../examples/launch/goal.txt"), "utf8").trim();
const nothing = { AGENTMESH_NO_MODEL: "1", PATH: "", HOME: "/nowhere" };

test("a goal is planned, run and answered as it was with the small model", async () => {
  await using mesh = await createMesh({ cassette, store: ":memory:", environment: nothing });
  const run = mesh.run(goal);
  const { status, answer, citations, usage } = await run.result;
  expect({ status, citations }).toEqual({ status: "succeeded", citations: ["t1", "t2", "t3", "t4"] });
  for (const fact of ["Nadia Petrova is a site reliability engineer", "14 March [t2]", "4200 and 1800 is 6000 [t3]"])
    expect(answer).toContain(fact);
  expect(usage).toMatchObject({ toolCalls: 4, modelCalls: 5, isExact: true });
  const models = (await mesh.events(run.id)).flatMap((event) => (event.type === "model.called" ? [event.model] : []));
  expect(new Set(models)).toEqual(new Set(["llama-cpp:gemma-3-270m"]));
});

test("another goal is refused at the first question to the model, with the words that differ", async () => {
  const mesh = await createMesh({ cassette, store: ":memory:", environment: nothing });
  const { status, error } = await mesh.run(goal.replace("1800", "1900")).result;
  expect({ status, code: error?.code }).toEqual({ status: "failed", code: "AM_CASSETTE_MISMATCH" });
  expect(error?.message).toMatch(
    /the nearest one that is left is \/answers\/\d+:\n {2}\/messages\/0\/text:\d+: recorded .*1800.*asked .*1900/,
  );
  await expect(mesh[Symbol.asyncDispose]()).rejects.toMatchObject({ code: "AM_CASSETTE_MISMATCH" });
});
