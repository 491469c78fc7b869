/** All planted bugs. */
import { ASK_MUTANTS } from "./ask-mutants.ts";
import { CORE_MUTANTS } from "./core-mutants.ts";
import { DRIVER_MUTANTS } from "./driver-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { STORE_MUTANTS } from "./store-mutants.ts";

export const MUTANTS: readonly Mutant[] = [...STORE_MUTANTS, ...DRIVER_MUTANTS, ...CORE_MUTANTS, ...ASK_MUTANTS];
