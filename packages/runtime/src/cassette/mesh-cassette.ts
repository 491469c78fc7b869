/** What a cassette changes about a mesh: its servers and models are recorded, or are those of the recording. */
import type { Plan, RunEvent } from "@agentmesh/core";
import type { Model, ToolSource } from "@agentmesh/ports";
import type { RunSignal } from "../driver/run-signal.ts";
import type { SecretMask } from "../driver/secret-mask.ts";
import { readCassette } from "./cassette-file.ts";
import type { CassetteOption } from "./cassette-option.ts";
import { CassettePlayer } from "./cassette-player.ts";
import { CassetteRecorder } from "./cassette-recorder.ts";

export interface MeshCassette {
  /** Undefined: the configured ones. */
  readonly player: CassettePlayer | undefined;
  source(source: ToolSource): ToolSource;
  /** The model as one caller uses it. */
  model(model: Model, use: { readonly name: string; readonly caller: string }): Model;
  /** Throws CassetteMisfitError. */
  assertFits(plan: Plan): void;
  observe(signal: RunSignal): void;
  /** Once the mesh is closed. Throws CassetteFileError, CassetteMismatchError or CassetteUnusedError. */
  finish(roles: Readonly<Record<string, string>>): void;
}

export interface CassetteSurroundings {
  readonly mask: SecretMask;
  /** Servers that are there besides the recorded ones. */
  readonly others: ReadonlySet<string>;
}

/** Throws CassetteFileError. */
export function openCassette(option: CassetteOption, surroundings: CassetteSurroundings): MeshCassette {
  return option.mode === "record" ? recording(option.file, surroundings) : replaying(option, surroundings);
}

function recording(file: string, { mask }: CassetteSurroundings): MeshCassette {
  const recorder = new CassetteRecorder(file, mask);
  return {
    player: undefined,
    source: (source) => recorder.source(source),
    model: (model, use) => recorder.model(model, use),
    assertFits: () => undefined,
    observe: () => undefined,
    finish: (roles) => recorder.save(roles),
  };
}

function replaying({ file, unused = "error" }: CassetteOption, { mask, others }: CassetteSurroundings): MeshCassette {
  const player = new CassettePlayer({ file, cassette: readCassette(file), mask, others });
  const ends = new Map<string, RunEvent["type"]>();
  return {
    player,
    source: (source) => source,
    model: (model) => model,
    assertFits: (plan) => player.assertFits(plan),
    observe: (signal) => {
      if ("seq" in signal && signal.type.startsWith("run.")) ends.set(signal.run, signal.type);
    },
    finish: () => player.assertPlayed(unused === "error" && areDone(ends)),
  };
}

/** Whether runs went as far as they can: what waits, or was cancelled, has not made all of its calls. */
function areDone(ends: ReadonlyMap<string, RunEvent["type"]>): boolean {
  return ends.size > 0 && [...ends.values()].every((type) => type === "run.succeeded" || type === "run.failed");
}
