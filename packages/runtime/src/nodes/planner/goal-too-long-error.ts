/** A goal that is a document: refused before a model is asked. */
import { MeshError } from "@agentmesh/core";

/** About 5,000 tokens. */
export const GOAL_CHARACTERS_MAX = 20_000;

/** Code AM_GOAL_TOO_LONG. `facts`: characters, charactersMax. */
export class GoalTooLongError extends MeshError {
  constructor(characters: number) {
    super({
      code: "AM_GOAL_TOO_LONG",
      message: `The goal has ${characters} characters, and ${GOAL_CHARACTERS_MAX} are allowed.`,
      hint: "Say what is wanted in the goal, and give long texts with --input or as a file that a tool reads.",
      facts: { characters, charactersMax: GOAL_CHARACTERS_MAX },
    });
  }
}
