/** Limiters by key: each address, or each user, is held to its own limit; those that were quiet longest are forgotten. */
import { Limiter } from './limiter.ts';

/** How many keys are remembered. */
const mostKeys = 10_000;

export interface RateLimit {
  /** Messages a second of one key; 0 is no limit. */
  readonly rate: number;
  readonly burst: number;
}

export class Limiters {
  readonly #limit: RateLimit;
  // The key heard of last comes last.
  readonly #limiters = new Map<string, Limiter>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** How many keys are remembered now. */
  get size(): number {
    return this.#limiters.size;
  }

  /** @returns 0 when a message of this key may pass, else the milliseconds after which it would. */
  take(key: string, now: number): number {
    const { rate, burst } = this.#limit;
    if (rate === 0) return 0;
    const limiter = this.#limiters.get(key) ?? new Limiter(rate, burst);
    this.#limiters.delete(key);
    this.#limiters.set(key, limiter);
    for (const [quietest] of this.#limiters) {
      if (this.#limiters.size <= mostKeys) break;
      this.#limiters.delete(quietest);
    }
    return limiter.take(now);
  }
}
