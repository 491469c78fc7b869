/** Limits on what a run may use up, seen through the core alone. */
import { expect, test } from "vitest";
import { Engine } from "./engine.ts";

test("a deadline that passes while a person is asked for more of something else stops no timer", () => {
  const engine = Engine.run({
    plan: {
      mesh: 1,
      tasks: [
        { id: "nap", use: "mesh.wait", args: { delayMs: 3_000 } },
        { id: "call", use: "t.call" },
      ],
    },
    tools: {
      "mesh.wait": { spec: { name: "mesh.wait", server: "mesh", effect: "read" } },
      "t.call": { spec: { effect: "read" } },
    },
    policy: { budget: { calls: 0, seconds: 1, onExceeded: "ask" } },
  });
  expect(engine.view).toMatchObject({ status: "suspended", tasks: { nap: { status: "succeeded" } } });
  expect(engine.view.waits).toMatchObject([{ for: "approval", name: "budget" }]);
});
