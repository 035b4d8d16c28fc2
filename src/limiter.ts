/**
 * A limiter lets through so many events a second, and a burst of them at once: the generic cell rate
 * algorithm (ITU-T I.371), which needs one number of memory where a token bucket needs two.
 */
export class Limiter {
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  /** When the next event would be due if all came evenly. */
  #dueAt = 0;

  /** @param rate events a second, above 0. @param burst events at once, at least 1. */
  constructor(rate: number, burst: number) {
    this.#intervalMs = 1_000 / rate;
    this.#toleranceMs = this.#intervalMs * (burst - 1);
  }

  /** @returns 0 when the event may pass, else the milliseconds after which it would. */
  take(now: number): number {
    // No event puts the next one further off than this: where it is, the clock was set back, and nobody is to blame.
    this.#dueAt = Math.min(this.#dueAt, now + this.#toleranceMs + this.#intervalMs);
    const early = this.#dueAt - now - this.#toleranceMs;
    if (early > 0) return Math.ceil(early);
    this.#dueAt = Math.max(this.#dueAt, now) + this.#intervalMs;
    return 0;
  }
}
