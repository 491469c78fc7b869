/** Takes commands of people in: checks them where the core cannot (tools' schemas), and stores their values. */
import {
  assertArguments,
  commandRefusal,
  type ErrorRecord,
  type Payload,
  type RunCommand,
  validateJson,
} from "@agentmesh/core";
import { errorRecordOf } from "./error-record.ts";
import type { WrittenPayload } from "./payload-writer.ts";
import type { RunDriver } from "./run-driver.ts";

export interface PreparedCommand {
  readonly command: RunCommand;
  readonly written: readonly WrittenPayload[];
}

/** Values of commands travel in full; in the journal they stand as any other value does. */
export function prepareCommand(driver: RunDriver, command: RunCommand): PreparedCommand {
  switch (command.type) {
    case "approve":
      return withPayload(driver, command.args, (args) => ({ ...command, ...(args === undefined ? {} : { args }) }));
    case "resolve":
      return withPayload(driver, command.output, (output) => ({
        ...command,
        ...(output === undefined ? {} : { output }),
      }));
    case "signal":
      return withPayload(driver, command.data, (data) => ({ ...command, data: data ?? command.data }));
    default:
      return { command, written: [] };
  }
}

/** Why it cannot be followed; undefined when it can. */
export function refusalOf(driver: RunDriver, command: RunCommand): ErrorRecord | undefined {
  const { state, services } = driver;
  return commandRefusal(state, command, services.clock.nowMs()) ?? valueRefusal(driver, command);
}

function valueRefusal(driver: RunDriver, command: RunCommand): ErrorRecord | undefined {
  if (command.type === "approve" && command.args !== undefined) return argumentRefusal(driver, command);
  if (command.type === "resolve" && command.output !== undefined)
    return outputRefusal(driver, command.task, command.output);
  return undefined;
}

function argumentRefusal(
  { state, services, tools }: RunDriver,
  { approval, args }: Extract<RunCommand, { type: "approve" }>,
): ErrorRecord | undefined {
  const tool = tools.find(state.asks.get(approval)?.tool ?? "");
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
  const tool = tools.find(state.bindings[task?.compiled.spec.use ?? ""]?.tool ?? "");
  const [first] = tool?.outputSchema === undefined ? [] : validateJson(tool.outputSchema, output.value ?? null);
  if (tool === undefined || first === undefined) return undefined;
  return {
    code: "AM_RESULT_INVALID",
    message: `This is no result of "${tool.name}": ${first.path === "" ? "" : `${first.path}: `}${first.message}`,
    hint: "Give what the tool would have given; its output schema is in: agentmesh tools --json",
    facts: { task: key, tool: tool.name, path: first.path },
  };
}

function withPayload(
  driver: RunDriver,
  payload: Payload | undefined,
  build: (payload: Payload | undefined) => RunCommand,
): PreparedCommand {
  if (payload === undefined) return { command: build(undefined), written: [] };
  const written = driver.write(payload.value ?? null);
  return { command: build(written.payload), written: [written] };
}
