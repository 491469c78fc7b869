/** Planted bugs of the driver: what waits for durability, and what a takeover must not forget. */
import type { Mutant } from "./mutant.ts";

const DRIVER = "packages/runtime/src/driver/";

export const DRIVER_MUTANTS: readonly Mutant[] = [
  {
    name: "launch-before-durable",
    file: `${DRIVER}run-driver.ts`,
    find: "        work.push(() => this.#taskCalls.start(effect));",
    replace: "        this.#taskCalls.start(effect);",
    breaks: "A call is made before its intent is stored.",
  },
  {
    name: "publish-before-durable",
    file: `${DRIVER}run-driver.ts`,
    find: "    const hasStopped = events.length > 0",
    replace: "    for (const event of events) this.#publish(event);\n    const hasStopped = events.length > 0",
    breaks: "A viewer sees an event before it is stored.",
  },
  {
    name: "never-published",
    file: `${DRIVER}run-driver.ts`,
    find: "        for (const event of events) this.#publish(event);",
    replace: "        for (const event of events.slice(0, 1)) this.#publish(event);",
    breaks: "A viewer sees only the first event of a commit.",
  },
  {
    name: "double-dispatch-at-recovery",
    file: `${DRIVER}run-driver.ts`,
    find: "    const goesOn = await this.#childrenThatGoOn(openEffects(this.state));",
    replace: "    const goesOn: string[] = [];",
    breaks: "A takeover makes all calls again that were ever made.",
  },
  {
    name: "recovery-forgets-doubt",
    file: `${DRIVER}run-driver.ts`,
    find: '    this.feed({ type: "recover" });',
    replace:
      '    this.feed({ type: "advance" });\n    for (const effect of takeEffects(this.state, this.services.clock.nowMs())) this.#launch(effect, Promise.resolve());',
    breaks: "A takeover forgets the calls that were under way.",
  },
  {
    name: "wake-never-set",
    file: `${DRIVER}run-driver.ts`,
    find: '        this.#stopWaking = this.services.clock.at(effect.atMs, () => this.feed({ type: "advance" }));',
    replace:
      '        if (this.services.clock.nowMs() - this.state.createdAtMs < 300)\n          this.#stopWaking = this.services.clock.at(effect.atMs, () => this.feed({ type: "advance" }));',
    breaks: "After a while nobody wakes the run when something is due.",
  },
  {
    name: "command-followed-twice",
    file: `${DRIVER}run-driver.ts`,
    find: "    this.#turn({ input: prepared.command, blobs: blobsOf(prepared.written) }, batch);",
    replace:
      "    batch.answers.pop();\n    this.#turn({ input: prepared.command, blobs: blobsOf(prepared.written) }, batch);\n    setImmediate(() => void this.services.store.append([], [], [{ item }]).catch(() => undefined));",
    breaks: "A command and its answer are two commits: a crash between them lets it be followed again.",
  },
  {
    name: "command-answered-not-followed",
    file: `${DRIVER}run-driver.ts`,
    find: "    const prepared = prepareCommand(this, command);",
    replace:
      '    if (command.type === "signal" && this.#taken.size > 1) return;\n    const prepared = prepareCommand(this, command);',
    breaks: "A command is answered, and nothing comes of it.",
  },
];
