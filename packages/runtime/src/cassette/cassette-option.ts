/** How a program asks for a cassette. */
import { resolve } from "node:path";

export interface CassetteOption {
  readonly file: string;
  /** `replay`: servers and models are those of the file, and no other is spoken to. `record`: the file is written when the mesh is closed. */
  readonly mode: "record" | "replay";
  /** Whether recorded calls may be left over at the end. `error` when absent. */
  readonly unused?: "error" | "allow";
}

/** A name alone means that it is replayed. */
export function cassetteOption(option: string | CassetteOption): CassetteOption {
  const { file, ...rest } = typeof option === "string" ? { file: option, mode: "replay" as const } : option;
  return { ...rest, file: resolve(file) };
}
