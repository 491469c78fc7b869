import { expect, test } from "vitest";
import { MeshConfig } from "./mesh-config.ts";
import { modelNameOfRole } from "./model-roles.ts";

const model = { provider: "openai", model: "gpt-5" } as const;

test.each([
  ["one model serves every role", { models: { only: model } }, "only"],
  ["a role has the model that it names", { models: { a: model, b: model }, roles: { planner: "b" } }, "b"],
  [
    "a role that names none has the default",
    { models: { a: model, default: model }, roles: { router: "a" } },
    "default",
  ],
  ["without a default it has the first", { models: { z: model, a: model } }, "z"],
  ["without a model it has none", {}, undefined],
])("%s", (_, input, expected) => {
  expect(modelNameOfRole(MeshConfig.parse(input), "planner")).toBe(expected);
});
