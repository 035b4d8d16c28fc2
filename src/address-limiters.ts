/** The limiters of those who are known by nothing but their address; the ones that were quiet longest are forgotten. */
import { Limiter } from './limiter.ts';

/** How many addresses are remembered. */
const mostAddresses = 10_000;

export interface AddressLimits {
  /** Messages a second from one address; 0 is no limit. */
  readonly rate: number;
  readonly burst: number;
}

export class AddressLimiters {
  readonly #limits: AddressLimits;
  // The address heard last comes last.
  readonly #limiters = new Map<string, Limiter>();

  constructor(limits: AddressLimits) {
    this.#limits = limits;
  }

  /** How many addresses are remembered now. */
  get size(): number {
    return this.#limiters.size;
  }

  /** @returns 0 when a message from this address may pass, else the milliseconds after which it would. */
  take(address: string, now: number): number {
    const { rate, burst } = this.#limits;
    if (rate === 0) return 0;
    const limiter = this.#limiters.get(address) ?? new Limiter(rate, burst);
    this.#limiters.delete(address);
    this.#limiters.set(address, limiter);
    for (const [quietest] of this.#limiters) {
      if (this.#limiters.size <= mostAddresses) break;
      this.#limiters.delete(quietest);
    }
    return limiter.take(now);
  }
}
