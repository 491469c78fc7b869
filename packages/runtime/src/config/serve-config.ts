/** Where `agentmesh serve` listens, and whom it listens to. */
import { ResourceServerConfig, ServerTlsConfig } from "@agentmesh/mcp";
import * as z from "@agentmesh/core/zod";

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 7420;
const PORT_MAX = 65_535;
const SECRET_CHARS_MIN = 32;

export const ServeConfig = z.strictObject({
  host: z.string().min(1).default(DEFAULT_HOST).describe("The address to listen on."),
  port: z.int().min(0).max(PORT_MAX).default(DEFAULT_PORT).describe("0: any that is free."),
  hosts: z
    .array(z.string().min(1))
    .default([])
    .describe("Names that clients reach it by, without ports, besides those of this machine."),
  origins: z
    .array(z.string().min(1))
    .default([])
    .describe("Names of web sites whose pages may call it, besides those of this machine."),
  secret: z
    .string()
    .min(SECRET_CHARS_MIN)
    .optional()
    .describe(
      "What questions and tasks are sealed with, so that they outlive a restart. Without it: one of the process.",
    ),
  tls: ServerTlsConfig.optional(),
  auth: ResourceServerConfig.optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("What clients know it by, when that is not where it listens: https://mesh.example.com"),
});
export type ServeConfig = z.output<typeof ServeConfig>;
