/**
 * A simulated clock: time stands still until it is advanced, and then everything that falls due happens in order,
 * also what was scheduled meanwhile.
 */
import type { Clock } from '../../src/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

export class SimulatedClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Map<number, Timer>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** How many timers and turns are pending. */
  get pending(): number {
    return this.#timers.size;
  }

  setTimeout(fn: () => void, delayMs: number): unknown {
    this.#order += 1;
    this.#timers.set(this.#order, { at: this.#now + Math.max(0, delayMs), order: this.#order, fn });
    return this.#order;
  }

  clearTimeout(id: unknown): void {
    this.#timers.delete(id as number);
  }

  setImmediate(fn: () => void): unknown {
    return this.setTimeout(fn, 0);
  }

  clearImmediate(id: unknown): void {
    this.clearTimeout(id);
  }

  /** Lets all happen that is due now, and what follows from it at once. */
  settle(): void {
    this.advance(0);
  }

  /** Lets `ms` pass, with everything that falls due in them. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#timers.delete(next.order);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
    }
    this.#now = until;
  }

  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order))
        next = timer;
    }
    return next;
  }
}
