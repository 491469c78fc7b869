/** A run whose models fail and take over from each other, and whose task falls back to another tool. */
import type { ModelCallRecord } from "../src/index.ts";
import { Engine, ToolFailure } from "./engine.ts";

const NOTHING = { hash: "x", bytes: 2, value: "" };

function call(caller: string, model: string, more: Partial<ModelCallRecord> = {}): ModelCallRecord {
  const usage = { inputTokens: 50, outputTokens: 5, isExact: true };
  return { caller, model, request: NOTHING, response: NOTHING, usage, durationMs: 20, ...more };
}

const lost = { code: "AM_MODEL_OVERLOADED", message: "busy", hint: "", facts: {} };
const failed = { error: lost, usage: { inputTokens: 15, outputTokens: 0, isExact: false } };

/** In each of two tasks `big` fails and `small` answers; a third task is done by another tool than the first asked. */
export function answeredRun(): Engine {
  let isAnswered = false;
  const onTurn = (engine: Engine): void => {
    if (isAnswered || engine.nowMs < 1_000_030) return;
    isAnswered = true;
    for (const task of ["words#1", "title#1"]) {
      engine.feed({ type: "model-called", record: call(task, "big:model", { ...failed, durationMs: 25 }) });
      engine.feed({ type: "model-called", record: call(task, "small:model", { durationMs: 5, costMicroUsd: 3 }) });
    }
  };
  const use = "mesh.generate";
  return Engine.run({
    plan: {
      mesh: 1,
      tasks: [
        { id: "tick", use: "t.tick" },
        { id: "words", use, args: { prompt: "a" } },
        { id: "title", use, args: { prompt: "b" } },
        { id: "read", use: "t.bad", onError: { use: "t.good", args: {} }, after: ["tick"] },
      ],
    },
    tools: {
      "t.tick": { takesMs: 30 },
      [use]: { spec: { name: use, server: "mesh", effect: "read" }, takesMs: 60 },
      "t.bad": {
        run: () => {
          throw new ToolFailure("no");
        },
      },
      "t.good": {},
    },
    onTurn,
  });
}
