import { expect, test } from "vitest";
import { hideSecrets, isSecretName } from "./secret-text.ts";

test.each([
  "apiKey",
  "API_KEY",
  "x-api-key",
  "GITHUB_TOKEN",
  "token",
  "clientSecret",
  "password",
  "Authorization",
  "bearer",
])("%s names a secret", (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each(["maxOutputTokens", "contextTokens", "tokens", "key", "model", "command", "DEBUG", "authors"])(
  "%s names none",
  (name) => {
    expect(isSecretName(name)).toBe(false);
  },
);

test.each([
  ["  apiKey: sk-1 # mine", "  apiKey: ***********"],
  ['{ "token": "abc", "model": "gpt-5" }', '{ "token": "***", "model": "gpt-5" }'],
  ["args: [--api-key=abc, --port=80]", "args: [--api-key=***, --port=80]"],
  ["bearer: ${WEB_TOKEN}", "bearer: ${WEB_TOKEN}"],
  ["- ghp_1234567890abcdefghij", "- ************************"],
  ["args: [-y, '@modelcontextprotocol/server-filesystem']", "args: [-y, '@modelcontextprotocol/server-filesystem']"],
])("%s is shown as %s", (text, shown) => {
  expect(hideSecrets(text)).toBe(shown);
});
