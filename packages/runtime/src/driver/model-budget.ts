/**
 * Sets aside, before a model is called, the most that the call can cost; the answer is held to it. What the prompt takes is
 * counted where the model can count, else taken from above: no tokenizer makes more tokens than there are bytes.
 */
import { leftOf } from "@agentmesh/core";
import type { ModelPrice, ReservedCall } from "@agentmesh/models";
import { type Model, ModelError, type ModelRequest } from "@agentmesh/ports";
import { costMicroUsd } from "./model-cost.ts";
import type { RunDriver } from "./run-driver.ts";
import type { PricedCall } from "./run-services.ts";

/** What a call may answer when it does not say. */
const OUTPUT_TOKENS_DEFAULT = 4_096;
/** An answer that is held shorter than this is not worth asking for. */
const OUTPUT_TOKENS_MIN = 64;
/** What a chat template puts around each message, from above. */
const TOKENS_PER_MESSAGE = 16;

/** Rejects with ModelError AM_BUDGET_EXCEEDED or AM_PRICE_UNKNOWN. */
export async function reserveModelCall(driver: RunDriver, caller: string, call: PricedCall): Promise<ReservedCall> {
  const { limits } = driver.state;
  if (!limits.has("tokens") && !limits.has("usd")) return { request: call.request };
  if (limits.has("usd") && call.price === undefined) throw priceUnknown(call.model);
  const inputTokens = await inputTokensMax(call.model, call.request);
  const outputTokens = affordable(driver, call, inputTokens);
  const tokens = inputTokens + outputTokens;
  const microUsd = call.price === undefined ? 0 : costMicroUsd(call.price, { inputTokens, outputTokens });
  const events = await driver.ask({ type: "model-reserving", caller, tokens, microUsd });
  const reserved = events.find((event) => event.type === "budget.reserved");
  if (reserved?.type !== "budget.reserved") throw budgetExceeded(caller, tokens);
  return { request: { ...call.request, maxOutputTokens: outputTokens }, reservation: reserved.reservation };
}

/** As much as was asked for, or as is left; what is asked for when too little is left, so that the refusal says so. */
function affordable(driver: RunDriver, { request, price }: PricedCall, inputTokens: number): number {
  const { state, services } = driver;
  const nowMs = services.clock.nowMs();
  const wanted = request.maxOutputTokens ?? OUTPUT_TOKENS_DEFAULT;
  const byTokens = leftOf(state, "tokens", nowMs) - inputTokens;
  const byMoney = price === undefined ? byTokens : outputFor(price, leftOf(state, "usd", nowMs), inputTokens);
  const left = Math.floor(Math.min(wanted, byTokens, byMoney));
  return left >= Math.min(wanted, OUTPUT_TOKENS_MIN) ? left : wanted;
}

function outputFor(price: ModelPrice, leftMicroUsd: number, inputTokens: number): number {
  if (price.output === 0) return inputTokens * price.input <= leftMicroUsd ? Number.POSITIVE_INFINITY : 0;
  return (leftMicroUsd - 1 - inputTokens * price.input) / price.output;
}

async function inputTokensMax(model: Model, request: ModelRequest): Promise<number> {
  const count = await model.countTokens(request);
  if (count.isExact) return count.tokens;
  const bytes = request.messages.reduce((sum, { text }) => sum + Buffer.byteLength(text) + TOKENS_PER_MESSAGE, 0);
  const schema = request.output?.schema === undefined ? 0 : Buffer.byteLength(JSON.stringify(request.output.schema));
  return bytes + schema;
}

function budgetExceeded(caller: string, tokens: number): ModelError {
  return new ModelError({
    code: "AM_BUDGET_EXCEEDED",
    message: `The budget of the run does not allow another model call of up to ${tokens} tokens for "${caller}".`,
    hint: "Raise policy.budget, or let a person decide with policy.budget.onExceeded: ask.",
    facts: { caller, tokens },
  });
}

function priceUnknown(model: Model): ModelError {
  return new ModelError({
    code: "AM_PRICE_UNKNOWN",
    message: `The run has a budget in money, and nobody has said what "${model.id}" costs.`,
    hint: "Add its price to the configuration, in US dollars for a million tokens: models.NAME.price: { input: 1.25, output: 10 }",
    facts: { model: model.id },
  });
}
