/** What the suite wants to see in results: a block of each kind. */
import type { Json, JsonObject } from "@agentmesh/core";
import type { ServedAnswer } from "@agentmesh/mcp/server";

/** One red pixel. */
export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/** The shortest sound. */
const WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

export const IMAGE = { type: "image", data: PNG, mimeType: "image/png" };
export const AUDIO = { type: "audio", data: WAV, mimeType: "audio/wav" };

export const textBlock = (text: string): JsonObject => ({ type: "text", text });

export const resourceBlock = (uri: string, mimeType: string, text: string): JsonObject => ({
  type: "resource",
  resource: { uri, mimeType, text },
});

/** An argument as the tool's schema has it already. */
export const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");

export const answer = (...content: readonly JsonObject[]): ServedAnswer => ({
  kind: "result",
  result: { content: [...content] },
});
