/** One cell of the matrix: one way in which a server of tools misbehaves, over one transport, in one phase of its life. */

export const TRANSPORTS = ["stdio", "http-legacy", "http-modern"] as const;
/** `http-legacy`: revision 2025-11-25 with sessions; `http-modern`: revision 2026-07-28. */
export type Transport = (typeof TRANSPORTS)[number];

export const PHASES = ["start", "list", "call", "idle", "close"] as const;
/**
 * When it misbehaves: in answering the handshake, the question for its tools, or a call; between two calls; when it is
 * closed.
 */
export type Phase = (typeof PHASES)[number];

export interface FaultCell {
  readonly behaviour: string;
  readonly transport: Transport;
  readonly phase: Phase;
  /** Any of them is right: some faults race with a timeout. See `outcomeOf`. */
  readonly expected: readonly string[];
  /** The host is killed with SIGKILL while the server misbehaves; then only what is left behind counts. */
  readonly isHostKilled?: boolean;
}

export function cellName({ behaviour, transport, phase, isHostKilled = false }: FaultCell): string {
  return `${behaviour}, ${transport}, ${phase}${isHostKilled ? ", host killed" : ""}`;
}

/** What the faulty server is told. */
export interface FaultOrder {
  readonly behaviour: string;
  readonly phase: Phase;
  readonly transport: Transport;
  /** A file to which it appends one line for each effect, `effect KEY`, and `arrived` when it begins to misbehave. */
  readonly record: string;
  /** It does not notice that its standard input has ended, as many real ones do not. */
  readonly isDeaf: boolean;
}
