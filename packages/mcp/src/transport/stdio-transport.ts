/**
 * MCP over the standard streams of a child process. Ours rather than the SDK's, because the child must lead its own
 * process group (no grandchild survives), its standard error is evidence when it fails, a message has a size limit,
 * and what is not MCP is counted instead of silently skipped.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { parseJSONRPCMessage, SdkError, SdkErrorCode } from "@modelcontextprotocol/client";
import { type ByteLimits, givesOutput } from "./byte-limits.ts";
import { cleanText } from "../tool/clean-text.ts";
import { FrameSplitter, type OversizedFrame } from "./frame-splitter.ts";
import { LineTail } from "./line-tail.ts";
import { ProcessGroup } from "./process-group.ts";
import { safeEnvironment } from "./safe-environment.ts";
import { faultAnswer, TransportFault } from "./transport-fault.ts";

/** How long a server may take to leave after its standard input ended, then after SIGTERM, in milliseconds. */
const LEAVE_GRACE_MS = 1_000;
const TERM_GRACE_MS = 2_000;
/** The same for one that failed or died: it is not asked politely. */
const FAILED_TERM_GRACE_MS = 500;
/** After its exit, what the child still had in its pipes is waited for this long: a grandchild may hold them open. */
const DRAIN_MS = 200;
/** So many lines in a row that are no MCP message end the connection. */
const GARBAGE_LINES_MAX = 1_000;
const GARBAGE_SAMPLES_MAX = 3;
const GARBAGE_SAMPLE_CHARS = 200;
const ID_AT_HEAD = /^\s*\{\s*"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(\d+)\s*,/;
const ID_AT_TAIL = /,\s*"id"\s*:\s*(\d+)\s*\}\s*$/;

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the safe environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Continues `Server "x" ...`. */
export function exitText({ code, signal }: ChildExit): string {
  return code === null ? `was ended by ${signal ?? "a signal"}` : `exited with code ${code}`;
}

export class StdioTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JSONRPCMessage) => void) | undefined;
  /** The SDK knows a stdio transport by its members `stderr` and `pid`. */
  readonly stderr: null = null;
  readonly #command: ChildCommand;
  readonly #limits: ByteLimits;
  readonly #frames: FrameSplitter;
  readonly #errors = new LineTail();
  readonly #calls = new Set<string | number>();
  readonly #garbage: string[] = [];
  #garbageLines = 0;
  #garbageInARow = 0;
  #child: ChildProcess | undefined;
  #group: ProcessGroup | undefined;
  #exit: ChildExit | undefined;
  #ending: Promise<void> | undefined;
  #isEndless = false;
  #isFinished = false;

  constructor(command: ChildCommand, limits: ByteLimits) {
    this.#command = command;
    this.#limits = limits;
    this.#frames = new FrameSplitter(Math.max(limits.messageBytesMax, limits.outputBytesMax), {
      onFrame: (text, bytes) => this.#receive(text, bytes),
      onOversized: (frame) => this.#receiveOversized(frame),
      onEndless: (frame) => this.#giveUpOn(frame),
    });
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** How the child ended when it ended by itself, before it was told to. */
  get exit(): ChildExit | undefined {
    return this.#exit;
  }

  /** The first lines of its standard output that were no MCP messages, cleaned. */
  get garbage(): readonly string[] {
    return this.#garbage;
  }

  /** How many lines of its standard output were no MCP messages. */
  get garbageLines(): number {
    return this.#garbageLines;
  }

  /** Whether it wrote so much else that the connection was given up. */
  get isGarbled(): boolean {
    return this.#garbageInARow >= GARBAGE_LINES_MAX;
  }

  /** Whether it wrote a message without end, so that the connection was given up. */
  get isEndless(): boolean {
    return this.#isEndless;
  }

  /** The last lines of its standard error, oldest first. */
  get errorLines(): readonly string[] {
    return this.#errors.lines();
  }

  /** Rejects with the error of the operating system when the command cannot be started. */
  async start(): Promise<void> {
    if (this.#isFinished) throw new SdkError(SdkErrorCode.NotConnected, "Closed before it was started");
    const { command, args, env, cwd } = this.#command;
    const child = spawn(command, [...args], {
      cwd,
      env: safeEnvironment(env),
      detached: process.platform !== "win32",
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    this.#child = child;
    if (child.pid !== undefined) this.#group = new ProcessGroup(child, child.pid);
    child.stdin.on("error", (error) => this.onerror?.(error));
    child.stdout.on("data", (chunk: Buffer) => this.#frames.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => this.#errors.push(chunk));
    child.once("exit", (code, signal) => void this.#left({ code, signal }));
    await once(child, "spawn");
    child.on("error", (error) => this.onerror?.(error));
  }

  /** Rejects when the child is gone, after it was seen how it went. */
  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (stdin === undefined || stdin === null || this.#isFinished) {
      throw new SdkError(SdkErrorCode.NotConnected, "Not connected");
    }
    this.#note(message);
    try {
      await new Promise<void>((resolve, reject) => {
        // Messages of one turn go out together.
        stdin.cork();
        process.nextTick(() => stdin.uncork());
        stdin.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      await sleep(DRAIN_MS);
      throw error;
    }
  }

  /** Ends the child and everything it started. Resolves when nothing of it runs; never rejects. */
  close(): Promise<void> {
    return this.#end(LEAVE_GRACE_MS, TERM_GRACE_MS);
  }

  /** As `close`, for a child that failed: without waiting for it to leave by itself. */
  abandon(): Promise<void> {
    return this.#end(0, FAILED_TERM_GRACE_MS);
  }

  #end(graceMs: number, termGraceMs: number): Promise<void> {
    this.#finish();
    this.#ending ??= this.#endChild(graceMs, termGraceMs);
    return this.#ending;
  }

  async #endChild(graceMs: number, termGraceMs: number): Promise<void> {
    this.#child?.stdin?.end();
    await this.#group?.end(graceMs, termGraceMs);
    this.#child?.stdin?.destroy();
    this.#child?.stdout?.destroy();
    this.#child?.stderr?.destroy();
  }

  async #left(exit: ChildExit): Promise<void> {
    if (this.#isFinished) return;
    this.#exit = exit;
    const child = this.#child;
    if (child !== undefined) await Promise.race([once(child, "close"), sleep(DRAIN_MS)]);
    await this.abandon();
  }

  /** Keeps the ids of the tool calls under way: their answers have a limit of their own. */
  #note(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    if (givesOutput(message.method) && "id" in message) this.#calls.add(message.id);
    const cancelled = message.method === "notifications/cancelled" ? message.params?.["requestId"] : undefined;
    if (typeof cancelled === "number") this.#calls.delete(cancelled);
  }

  #finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.onclose?.();
  }

  #receive(text: string, bytes: number): void {
    if (this.#isFinished || text.trim() === "") return;
    let message: JSONRPCMessage;
    try {
      message = parseJSONRPCMessage(JSON.parse(text));
    } catch {
      this.#reject(text);
      return;
    }
    this.#garbageInARow = 0;
    this.onmessage?.(this.#within(message, bytes));
  }

  /** The message, or the fault that stands for a tool's answer over the limit. */
  #within(message: JSONRPCMessage, bytes: number): JSONRPCMessage {
    if ("method" in message || message.id === undefined || !this.#calls.delete(message.id)) return message;
    const isTooLarge = bytes > this.#limits.outputBytesMax;
    return isTooLarge ? faultAnswer(message.id, new TransportFault("too-large", bytes)) : message;
  }

  /** The id of the call stands at one of the ends of its answer; when it cannot be told, no call can be answered any more. */
  #receiveOversized(frame: OversizedFrame): void {
    const found = ID_AT_HEAD.exec(frame.head) ?? ID_AT_TAIL.exec(frame.tail);
    if (found === null) {
      void this.abandon();
      return;
    }
    const id = Number(found[1]);
    this.#calls.delete(id);
    this.onmessage?.(faultAnswer(id, new TransportFault("too-large", frame.bytes)));
  }

  /** Nothing can be read behind a message without end. */
  #giveUpOn(frame: OversizedFrame): void {
    this.#isEndless = true;
    if (ID_AT_HEAD.test(frame.head)) this.#receiveOversized(frame);
    void this.abandon();
  }

  #reject(text: string): void {
    this.#garbageLines += 1;
    this.#garbageInARow += 1;
    if (this.#garbage.length < GARBAGE_SAMPLES_MAX) this.#garbage.push(cleanText(text, GARBAGE_SAMPLE_CHARS));
    if (this.isGarbled) void this.abandon();
  }
}
