/** Every way to build a model passes the port's contract suite: drivers over the wire, the script, and each layer. */
import { type ModelContractSubject, modelContract } from "@agentmesh/ports/testing";
import {
  createModel,
  ModelConfig,
  scriptedModel,
  withFallback,
  withRetry,
  withTimeout,
  withTrace,
} from "@agentmesh/models";
import type { Model } from "@agentmesh/ports";
import { wallClock } from "./clocks.ts";
import { answerChat, fakeModelServer } from "./fake-model-server.ts";

const TEXT = "One, two, three, four, five, six, seven, eight, nine, ten.";
const script = (): Model => scriptedModel(() => TEXT);
const timeouts = { firstPartMs: 10_000, betweenPartsMs: 10_000, totalMs: 30_000 };
const subject = (model: Model): Promise<ModelContractSubject> => Promise.resolve({ model });

modelContract("a script", () => subject(script()));
modelContract("with timeouts", () => subject(withTimeout(script(), { timeouts, clock: wallClock })));
modelContract("with a trace", () => subject(withTrace(script(), { clock: wallClock, observe: () => undefined })));
modelContract("with retries", () =>
  subject(withRetry(script(), { retries: { max: 2, baseMs: 1 }, clock: wallClock, random: () => 0 })),
);
modelContract("with a fallback", () => subject(withFallback([script(), script()])));

modelContract("an OpenAI-compatible server, all layers", async () => {
  const server = await fakeModelServer((_request, response) => answerChat(response, TEXT.match(/\S+\s?/g) ?? []));
  const config = ModelConfig.parse({ provider: "openai-compatible", baseUrl: `${server.url}/v1`, model: "fake" });
  if (config.provider === "llama-cpp") throw new Error("not a remote model");
  const model = await createModel(config, {
    environment: {},
    clock: wallClock,
    random: Math.random,
    observe: () => undefined,
  });
  return { model, dispose: async () => await server[Symbol.asyncDispose]() };
});

modelContract("a fallback over the wire", async () => {
  const server = await fakeModelServer((asked, response) => {
    if (asked.body["model"] !== "broken") return answerChat(response, TEXT.match(/\S+\s?/g) ?? []);
    response.writeHead(503);
    response.end();
  });
  const modelNamed = async (model: string): Promise<Model> => {
    const config = ModelConfig.parse({
      provider: "vllm",
      baseUrl: `${server.url}/v1`,
      model,
      retries: { max: 1, baseMs: 1 },
    });
    if (config.provider === "llama-cpp") throw new Error("not a remote model");
    return await createModel(config, { environment: {}, clock: wallClock, random: () => 0 });
  };
  const model = withFallback([await modelNamed("broken"), await modelNamed("fine")]);
  return { model, dispose: async () => await server[Symbol.asyncDispose]() };
});
