/** Every command of `agentmesh`. */
import type { CommandSpec, OptionSpec } from "./command-spec.ts";
import { DRIVING_COMMANDS } from "./driving-commands.ts";

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { name: "config", value: "FILE", summary: "The configuration; default: agentmesh.config.* in this folder or above" },
  { name: "store", value: "PATH", summary: "The file that keeps the runs" },
  { name: "json", summary: "JSON on standard output, everything for people on standard error" },
  { name: "quiet", short: "q", summary: "Say only results and errors" },
  { name: "verbose", short: "v", summary: "Say more on the way" },
  { name: "help", short: "h", summary: "Show help" },
  { name: "version", short: "V", summary: "Show the version" },
];

const WORK_OPTIONS: readonly OptionSpec[] = [
  { name: "query", value: "TEXT", summary: "The goal, in plain words" },
  {
    name: "input",
    value: "NAME=VALUE",
    isRepeatable: true,
    summary: "An input: JSON when it parses, else text; NAME=@FILE reads a file",
  },
  { name: "name", value: "TEXT", summary: "What the run is called in lists" },
];

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "run",
    summary: "Reach a goal, or run a plan file",
    operands: "[GOAL... | FILE.json]",
    takesFiles: true,
    options: WORK_OPTIONS,
    examples: [
      'agentmesh run "Which of these files mentions a deadline?"',
      "agentmesh run plan.json --input topic=bees",
    ],
    load: async () => (await import("../commands/run-command.ts")).runCommand,
  },
  {
    name: "plan",
    summary: "Plan and check only: print the plan, call no tool",
    operands: "[GOAL... | FILE.json]",
    takesFiles: true,
    options: WORK_OPTIONS,
    examples: ['agentmesh plan "Compare these two files" > plan.json'],
    load: async () => (await import("../commands/plan-command.ts")).planCommand,
  },
  {
    name: "check",
    summary: "Check a plan file against the tools there are",
    operands: "FILE",
    operandsMax: 1,
    takesFiles: true,
    options: [],
    load: async () => (await import("../commands/check-command.ts")).checkCommand,
  },
  {
    name: "runs",
    summary: "List the runs, newest first",
    operandsMax: 0,
    options: [
      { name: "limit", value: "COUNT", summary: "At most so many; default 50" },
      { name: "status", value: "STATUS", summary: "Only running, suspended, succeeded, failed or cancelled ones" },
    ],
    load: async () => (await import("../commands/runs-command.ts")).runsCommand,
  },
  {
    name: "show",
    summary: "Show a run: its tasks, errors and answer",
    operands: "RUN",
    operandsMax: 1,
    options: [
      { name: "tree", summary: "What led to what, how long it took and what it waited for" },
      { name: "events", summary: "Its stored events, one JSON document a line" },
      { name: "full", summary: "Values in full, however large" },
    ],
    load: async () => (await import("../commands/show-command.ts")).showCommand,
  },
  ...DRIVING_COMMANDS,
  {
    name: "trace",
    summary: "Export where the time of a run went",
    operands: "export RUN",
    operandsMax: 2,
    words: ["export"],
    takesFiles: true,
    options: [
      { name: "format", value: "FORMAT", summary: "chrome (for Perfetto; the default) or json" },
      { name: "output", short: "o", value: "FILE", summary: "Write it there; default: standard output" },
    ],
    examples: ["agentmesh trace export r_01m1pdc3rp -o trace.json"],
    load: async () => (await import("../commands/trace-command.ts")).traceCommand,
  },
  {
    name: "graph",
    summary: "Draw a plan, or a run's plan with its state",
    operands: "FILE | RUN",
    operandsMax: 1,
    takesFiles: true,
    options: [{ name: "format", value: "FORMAT", summary: "mermaid (the default) or json" }],
    examples: ["agentmesh graph plan.json", "agentmesh graph r_01m1pdc3rp --format json"],
    load: async () => (await import("../commands/graph-command.ts")).graphCommand,
  },
  {
    name: "verify",
    summary: "Check that stored runs are whole and keep the promises",
    operands: "[RUN]",
    operandsMax: 1,
    options: [
      { name: "against", value: "FILE", summary: "An older copy of the store, whose events must all still be there" },
    ],
    load: async () => (await import("../commands/verify-command.ts")).verifyCommand,
  },
  {
    name: "tools",
    summary: "List the servers and their tools",
    operandsMax: 0,
    options: [],
    load: async () => (await import("../commands/tools-command.ts")).toolsCommand,
  },
  {
    name: "models",
    summary: "List the models, or fetch a small local one",
    operands: "[pull [NAME]]",
    operandsMax: 2,
    words: ["list", "pull"],
    options: [{ name: "yes", short: "y", summary: "Fetch without asking" }],
    examples: ["agentmesh models", "agentmesh models pull --yes"],
    load: async () => (await import("../commands/models-command.ts")).modelsCommand,
  },
  {
    name: "doctor",
    summary: "Check Node, configuration, store, servers and models",
    operandsMax: 0,
    options: [],
    load: async () => (await import("../commands/doctor-command.ts")).doctorCommand,
  },
  {
    name: "init",
    summary: "Write a first configuration and an example plan here",
    operandsMax: 0,
    options: [],
    load: async () => (await import("../commands/init-command.ts")).initCommand,
  },
  {
    name: "config",
    summary: "Show the configuration, and where each value comes from",
    operandsMax: 0,
    options: [{ name: "explain", summary: "With the origin of each value" }],
    load: async () => (await import("../commands/config-command.ts")).configCommand,
  },
  {
    name: "completion",
    summary: "Print a completion script for your shell",
    operands: "bash|zsh|fish",
    operandsMax: 1,
    words: ["bash", "zsh", "fish"],
    options: [],
    examples: ["agentmesh completion bash > ~/.local/share/bash-completion/completions/agentmesh"],
    load: async () => (await import("../commands/completion-command.ts")).completionCommand,
  },
];
