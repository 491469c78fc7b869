/** From messages to the tokens that a model reads. */
import type { ChatItem, LlamaModel, Token } from "./llama-library.ts";
import type { Slot } from "./sequence-pool.ts";
import type { Generation } from "./worker-message.ts";

/** What stands between the messages of a base model, which knows no roles: its prompt is their texts, joined by this. */
export const COMPLETION_SEPARATOR = "\n\n";

type Messages = Generation["messages"];

/** As the model's own chat template renders them. An answer that has begun is gone on with. */
export function chatHistory(messages: Messages): ChatItem[] {
  const items = messages.map(({ role, text }): ChatItem =>
    role === "assistant" ? { type: "model", response: [text] } : { type: role, text },
  );
  return items.at(-1)?.type === "model" ? items : [...items, { type: "model", response: [] }];
}

export function promptTokens(model: LlamaModel, chat: Slot["chat"], messages: Messages): Token[] {
  if (chat !== undefined) {
    const { contextText } = chat.chatWrapper.generateContextState({ chatHistory: chatHistory(messages) });
    return contextText.tokenize(model.tokenizer);
  }
  const { bos, shouldPrependBosToken } = model.tokens;
  const beginning = shouldPrependBosToken && bos !== null ? [bos] : [];
  const text = messages.map((message) => message.text).join(COMPLETION_SEPARATOR);
  const tokens = model.tokenizer(text, false, beginning.length === 0 ? undefined : "trimLeadingSpace");
  return [...beginning, ...tokens];
}
