/** Virtual time: what is to happen, soonest first; equal times in the order in which they were asked for. */
import { SoonestFirst } from "../corpora/soonest-first.ts";

export interface Appointment {
  readonly callback: () => void;
  isCancelled: boolean;
}

export class Timeline {
  nowMs: number;
  readonly #appointments = new SoonestFirst<Appointment>();

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  /** Not before now, however early it is asked for. */
  at(atMs: number, callback: () => void): Appointment {
    const appointment: Appointment = { callback, isCancelled: false };
    this.#appointments.add(Math.max(atMs, this.nowMs), appointment);
    return appointment;
  }

  /** Moves on to the next appointment and keeps it; false when there is none. */
  step(): boolean {
    for (let next = this.#appointments.take(); next !== undefined; next = this.#appointments.take()) {
      if (next.item.isCancelled) continue;
      this.nowMs = next.atMs;
      next.item.callback();
      return true;
    }
    return false;
  }
}
