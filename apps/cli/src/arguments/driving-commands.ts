/** The commands that speak to a run which exists: they go on with it, or tell the process that drives it. */
import type { CommandSpec } from "./command-spec.ts";

export const DRIVING_COMMANDS: readonly CommandSpec[] = [
  {
    name: "resume",
    summary: "Go on with a run that waits, or whose process died",
    operands: "RUN | --all",
    operandsMax: 1,
    options: [{ name: "all", summary: "Every run whose process died" }],
    examples: ["agentmesh resume r_01m1pdc3rp", "agentmesh resume --all"],
    load: async () => (await import("../commands/resume-command.ts")).resumeCommand,
  },
  {
    name: "fork",
    summary: "A new run that takes over what a run has reached",
    operands: "RUN",
    operandsMax: 1,
    takesFiles: true,
    options: [
      { name: "from", value: "TASK", isRepeatable: true, summary: "It runs again, with all that stands on it" },
      { name: "plan", value: "FILE", summary: "An edited plan: what is the same in it is taken over" },
      { name: "input", value: "NAME=VALUE", isRepeatable: true, summary: "Another value; what reads it runs again" },
      { name: "name", value: "TEXT", summary: "What the new run is called in lists" },
      { name: "dry-run", summary: "Only say what would be taken over, run and repeated" },
      { name: "yes", short: "y", summary: "Repeat calls that may have changed something without asking" },
    ],
    examples: [
      "agentmesh fork r_01m1pdc3rp --from report",
      "agentmesh fork r_01m1pdc3rp --from pay --dry-run",
      "agentmesh fork r_01m1pdc3rp --plan edited.json --input topic=wasps",
    ],
    load: async () => (await import("../commands/fork-command.ts")).forkCommand,
  },
  {
    name: "cancel",
    summary: "Stop a run, whoever drives it",
    operands: "RUN",
    operandsMax: 1,
    options: [{ name: "reason", value: "TEXT", summary: "Why; it is stored" }],
    examples: ['agentmesh cancel r_01m1pdc3rp --reason "wrong customer"'],
    load: async () => (await import("../commands/cancel-command.ts")).cancelCommand,
  },
  {
    name: "approve",
    summary: "Let a call, a plan or more budget go on, or refuse it",
    operands: "RUN TASK",
    operandsMax: 2,
    options: [
      { name: "all", summary: "Everything that waits for an approval, in place of TASK" },
      { name: "args", value: "JSON|@FILE", summary: "Call it with these arguments instead" },
      { name: "reject", summary: "Refuse it" },
      { name: "note", value: "TEXT", summary: "Why; it is stored" },
    ],
    examples: [
      "agentmesh approve r_01m1pdc3rp pay",
      `agentmesh approve r_01m1pdc3rp pay --args '{"to": "Ann", "amount": 5}'`,
      'agentmesh approve r_01m1pdc3rp pay --reject --note "too much"',
      "agentmesh approve r_01m1pdc3rp plan",
      `agentmesh approve r_01m1pdc3rp budget --args '{"limit": 400000}'`,
    ],
    load: async () => (await import("../commands/approve-command.ts")).approveCommand,
  },
  {
    name: "signal",
    summary: "Send a run what it waits for",
    operands: "RUN NAME [JSON]",
    operandsMax: 3,
    options: [{ name: "event", summary: "For every task that waits now, and kept for none" }],
    examples: [`agentmesh signal r_01m1pdc3rp go '{"rate": 1.08}'`, "agentmesh signal r_01m1pdc3rp go @data.json"],
    load: async () => (await import("../commands/signal-command.ts")).signalCommand,
  },
  {
    name: "resolve",
    summary: "Say what became of a call whose outcome nobody knows",
    operands: "RUN TASK --done [JSON] | --retry | --fail",
    operandsMax: 3,
    options: [
      { name: "done", summary: "It has had its effect; the JSON or @FILE after it is what it gave" },
      { name: "retry", summary: "Call it again" },
      { name: "fail", summary: "It has failed" },
    ],
    examples: [
      `agentmesh resolve r_01m1pdc3rp pay --done '{"receipt": 7}'`,
      "agentmesh resolve r_01m1pdc3rp pay --retry",
    ],
    load: async () => (await import("../commands/resolve-command.ts")).resolveCommand,
  },
];
