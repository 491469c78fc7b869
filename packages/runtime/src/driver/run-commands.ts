/** Takes commands of people in: checks them where the core cannot (tools' schemas), and stores their values. */
import {
  bindingOf,
  type Ask,
  assertArguments,
  commandRefusal,
  type ErrorRecord,
  type Json,
  type Payload,
  type RunCommand,
  validateJson,
} from "@agentmesh/core";
import { errorRecordOf } from "./error-record.ts";
import { filledForm, formRefusal } from "./input-form.ts";
import type { WrittenPayload } from "./payload-writer.ts";
import type { RunDriver } from "./run-driver.ts";

export interface PreparedCommand {
  readonly command: RunCommand;
  readonly written: readonly WrittenPayload[];
}

/** In the journal the values of commands stand as any other value does. */
export function prepareCommand(driver: RunDriver, command: RunCommand): PreparedCommand {
  switch (command.type) {
    case "approve":
      return withValue(driver, approvedArgs(driver, command), (args) => ({
        ...command,
        ...(args === undefined ? {} : { args }),
      }));
    case "resolve":
      return withValue(driver, valueOf(command.output), (output) => ({
        ...command,
        ...(output === undefined ? {} : { output }),
      }));
    case "signal":
      return withValue(driver, valueOf(command.data), (data) => ({ ...command, data: data ?? command.data }));
    default:
      return { command, written: [] };
  }
}

type ApproveCommand = Extract<RunCommand, { type: "approve" }>;

/** What is not filled in of a form has its own value. */
function approvedArgs(driver: RunDriver, { approval, args }: ApproveCommand): Json | undefined {
  const ask = driver.state.asks.get(approval);
  return ask?.subject === "input" ? filledForm(formOf(driver, ask), args?.value) : valueOf(args);
}

function formOf(driver: RunDriver, { form }: Ask): Json {
  return form === undefined ? null : (driver.values.read("what is asked", form) ?? null);
}

/** Why it cannot be followed; undefined when it can. */
export function refusalOf(driver: RunDriver, command: RunCommand): ErrorRecord | undefined {
  const { state, services } = driver;
  return commandRefusal(state, command, services.clock.nowMs()) ?? valueRefusal(driver, command);
}

function valueRefusal(driver: RunDriver, command: RunCommand): ErrorRecord | undefined {
  if (command.type === "approve") return argumentRefusal(driver, command);
  if (command.type === "resolve" && command.output !== undefined)
    return outputRefusal(driver, command.task, command.output);
  return undefined;
}

function argumentRefusal(driver: RunDriver, { approval, args }: ApproveCommand): ErrorRecord | undefined {
  const { state, services, tools } = driver;
  const ask = state.asks.get(approval);
  if (ask?.subject === "input") return formRefusal(approval, formOf(driver, ask), args);
  const tool = tools.find(ask?.tool ?? "");
  if (tool === undefined || args === undefined) return undefined;
  try {
    assertArguments(tool, args.value ?? null);
    return undefined;
  } catch (error) {
    return errorRecordOf(error, services.mask);
  }
}

/** What a person says that a call has given must be what its tool can give. */
function outputRefusal({ state, tools }: RunDriver, key: string, output: Payload): ErrorRecord | undefined {
  const task = state.taskOf.get(key);
  const tool = task && tools.find(bindingOf(state, task)?.tool ?? "");
  const [first] = tool?.outputSchema === undefined ? [] : validateJson(tool.outputSchema, output.value ?? null);
  if (tool === undefined || first === undefined) return undefined;
  return {
    code: "AM_RESULT_INVALID",
    message: `This is no result of "${tool.name}": ${first.path === "" ? "" : `${first.path}: `}${first.message}`,
    hint: "Give what the tool would have given; its output schema is in: agentmesh tools --json",
    facts: { task: key, tool: tool.name, path: first.path },
  };
}

/** Values of commands travel in full. */
function valueOf(payload: Payload | undefined): Json | undefined {
  return payload === undefined ? undefined : (payload.value ?? null);
}

function withValue(
  driver: RunDriver,
  value: Json | undefined,
  build: (payload: Payload | undefined) => RunCommand,
): PreparedCommand {
  if (value === undefined) return { command: build(undefined), written: [] };
  const written = driver.write(value);
  return { command: build(written.payload), written: [written] };
}
