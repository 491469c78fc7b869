/** Tools that give a task in place of a result, to clients that take one. */
import { setTimeout as sleep } from "node:timers/promises";
import { isJson, isJsonObject } from "@agentmesh/core";
import { type AskedInput, ClientUnableError, type ServedAnswer, type ServedCall } from "@agentmesh/mcp/server";
import { answer, textBlock, textOf } from "./conformance-content.ts";
import { type ConformanceTool, conformanceTool } from "./conformance-tool.ts";
import { type ConformanceTasks, resultOf, type TaskWork } from "./conformance-tasks.ts";

const JOB_MS = 1_000;
const INTERNAL_ERROR = -32_603;

const form = (message: string, name: string, type: string): AskedInput => ({
  method: "elicitation/create",
  params: { message, requestedSchema: { type: "object", properties: { [name]: { type } }, required: [name] } },
});
const said = (text: string): TaskWork["end"] => ({ result: resultOf(answer(textBlock(text))) });

/** Of tools that are nothing but a task. Throws ClientUnableError. */
function assertTakesTasks(name: string, { client }: ServedCall): void {
  if (!client.tasks) throw new ClientUnableError(name, "tasks");
}

export function taskTools(tasks: ConformanceTasks): readonly ConformanceTool[] {
  const job = (name: string, work: TaskWork): ConformanceTool =>
    conformanceTool(name, (_args, call) => {
      assertTakesTasks(name, call);
      return tasks.begin(work);
    });
  return [
    conformanceTool("greet", ({ name }) => answer(textBlock(`Hello, ${textOf(name)}!`))),
    conformanceTool("slow_compute", async ({ seconds }, { client }) => {
      const afterMs = typeof seconds === "number" ? seconds * 1_000 : 0;
      if (client.tasks) return tasks.begin({ afterMs, end: said("computed") });
      await sleep(afterMs);
      return answer(textBlock("computed"));
    }),
    job("failing_job", {
      afterMs: JOB_MS,
      end: { result: { isError: true, content: [textBlock("This job always fails.")] } },
    }),
    job("protocol_error_job", {
      afterMs: JOB_MS,
      end: { error: { code: INTERNAL_ERROR, message: "This job breaks." } },
    }),
    job("confirm_delete", { asks: { sure: form("Delete it?", "confirm", "boolean") }, end: said("deleted") }),
    job("multi_input", {
      asks: { first: form("What is your name?", "name", "string"), second: form("Sure?", "confirm", "boolean") },
      end: said("both answered"),
    }),
    conformanceTool("test_tool_with_task", (_args, call) => askedThenTask(tasks, call)),
  ];
}

/** It asks before there is a task, which knows the answer. */
function askedThenTask(tasks: ConformanceTasks, call: ServedCall): ServedAnswer {
  assertTakesTasks("test_tool_with_task", call);
  const given = call.reply?.answers["user_name"];
  if (given === undefined)
    return { kind: "input", requests: { user_name: form("What is your name?", "name", "string") } };
  const content = isJson(given) && isJsonObject(given) ? given["content"] : undefined;
  return tasks.begin({ end: said(`Hello, ${JSON.stringify(content)}!`) });
}
