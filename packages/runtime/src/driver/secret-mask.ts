/** Masks the configured secrets in everything that is stored or shown. */

import type { RunEvent, RunEventType } from "@agentmesh/core";

/** Shorter values would be found by chance in ordinary text. */
export const SECRET_CHARS_MIN = 6;
const MASK = "[secret]";

/** Whether something that was stored has lost a secret to the mask. */
export function holdsMask(stored: unknown): boolean {
  return stored !== undefined && JSON.stringify(stored).includes(MASK);
}

/** Events that hold free text outside of payloads and errors. */
const WORDY_EVENTS: ReadonlySet<RunEventType> = new Set([
  "run.created",
  "run.cancel_requested",
  "plan.proposed",
  "plan.rejected",
  "plan.accepted",
  "plan.patched",
]);

export class SecretMask {
  readonly #secrets: readonly string[];

  constructor(secrets: Iterable<string>) {
    const escaped = [...secrets]
      .filter((secret) => secret.length >= SECRET_CHARS_MIN)
      .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
    this.#secrets = [...new Set(escaped)].sort((left, right) => right.length - left.length);
  }

  /** The text with every secret replaced. */
  mask(text: string): string {
    let masked = text;
    for (const secret of this.#secrets) if (masked.includes(secret)) masked = masked.replaceAll(secret, MASK);
    return masked;
  }

  /**
   * Events as they may be stored and shown. Payloads and errors were masked when they were made; this is for the words of
   * people and models that stand in events themselves: goals, plans, findings.
   */
  maskEvents(events: readonly RunEvent[]): readonly RunEvent[] {
    return this.#secrets.length === 0 ? events : events.map((event) => this.#maskEvent(event));
  }

  #maskEvent(event: RunEvent): RunEvent {
    if (!WORDY_EVENTS.has(event.type)) return event;
    const text = JSON.stringify(event);
    return this.finds(text) ? (JSON.parse(this.mask(text)) as RunEvent) : event;
  }

  /** Whether it holds a secret. */
  finds(text: string): boolean {
    return this.#secrets.some((secret) => text.includes(secret));
  }
}
