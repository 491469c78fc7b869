/** The text that a completion model continues with a plan: examples, then the tools and the goal, then nothing. */
import { PLAN_EXAMPLES } from "./plan-examples.ts";
import { PLAN_END } from "./plan-grammar.ts";
import type { PlanTool } from "./plan-tool.ts";
import { toolLine } from "./tool-line.ts";

const INTRODUCTION = "Each plan uses only the tools listed above it, one call for each thing that the goal asks for.";

/** `goal`: on one line. The examples come first and never change, so that a backend can keep them. */
export function completionPrompt(goal: string, tools: readonly PlanTool[]): string {
  const examples = PLAN_EXAMPLES.map((example) =>
    [opening(example.goal, example.tools), ...example.lines, PLAN_END].join("\n"),
  );
  return `${[INTRODUCTION, ...examples, opening(goal, tools.map(toolLine))].join("\n\n")}\n`;
}

function opening(goal: string, toolLines: readonly string[]): string {
  return ["Tools:", ...toolLines.map((line) => `- ${line}`), `Goal: ${goal}`, "Plan:"].join("\n");
}
