/** A model that answers after a while, sometimes fails, and never uses more than it was allowed. */
import { withReservation } from "@agentmesh/models";
import { type Model, ModelError, type ModelRequest, type ModelStreamPart } from "@agentmesh/ports";
import type { Chance } from "./chance.ts";
import { engine, type Services } from "./engine-door.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** Dollars for a million tokens. */
const PRICE = { input: 2, output: 10 };

export function modelDirectory(process: SimulatedProcess, chance: Chance): Services["models"] {
  const model = simulatedModel(process, chance);
  return {
    model: (_role, { reserve, observe }) =>
      Promise.resolve(
        withReservation(model, {
          clock: engine.systemClock,
          reserve: (request, asked) => reserve({ request, model: asked, price: PRICE }),
          observe: (trace, reservation) => observe({ trace, reservation, price: PRICE }),
        }),
      ),
  };
}

function simulatedModel(process: SimulatedProcess, chance: Chance): Model {
  return {
    id: "simulated:model",
    capabilities: { output: "json" },
    async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
      yield { type: "start", warnings: [] };
      yield { type: "text", delta: "Some " };
      await pause(process, { delayMs: chance.between(1, 300), signal });
      if (chance.percent(8)) throw broken();
      yield { type: "text", delta: "text." };
      const outputTokens = chance.between(1, request.maxOutputTokens ?? 50);
      yield { type: "end", reason: "stop", usage: { inputTokens: tokensOf(request), outputTokens, isExact: true } };
    },
    countTokens: (request) => Promise.resolve({ tokens: tokensOf(request), isExact: chance.percent(50) }),
    close: () => Promise.resolve(),
  };
}

/** Ends early, with the error of a cancelled call, when it is aborted. */
export function pause(
  process: SimulatedProcess,
  { delayMs, signal }: { readonly delayMs: number; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    process.after(delayMs, () => resolve());
    signal.addEventListener("abort", () => reject(cancelled()), { once: true });
  });
}

function tokensOf({ messages }: ModelRequest): number {
  return Math.ceil(messages.reduce((sum, { text }) => sum + text.length, 0) / 4);
}

function broken(): ModelError {
  return new ModelError({
    code: "AM_MODEL_STREAM_BROKEN",
    message: "The simulated model broke off.",
    hint: "Nothing to do.",
    facts: {},
  });
}

function cancelled(): ModelError {
  return new ModelError({ code: "AM_MODEL_CANCELLED", message: "Cancelled.", hint: "Nothing to do.", facts: {} });
}
