/**
 * TrackedClock hands timers on to another clock and keeps account of those that have neither fired nor been cleared.
 */
import type { Clock } from '../clock.ts';
import { beyond } from './names.ts';

interface Timer {
  readonly fn: () => void;
  readonly delayMs: number;
}

export class TrackedClock implements Clock {
  readonly #clock: Clock;
  // What is pending, by its id on the other clock; it is named only when somebody asks.
  readonly #timeouts = new Map<unknown, Timer>();
  readonly #immediates = new Map<unknown, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many timers are pending, turns of the loop not among them. */
  get timers(): number {
    return this.#timeouts.size;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimeout(fn: () => void, delayMs: number): unknown {
    const id = this.#clock.setTimeout(() => {
      this.#timeouts.delete(id);
      fn();
    }, delayMs);
    this.#timeouts.set(id, { fn, delayMs });
    return id;
  }

  clearTimeout(id: unknown): void {
    this.#timeouts.delete(id);
    this.#clock.clearTimeout(id);
  }

  setImmediate(fn: () => void): unknown {
    const id = this.#clock.setImmediate(() => {
      this.#immediates.delete(id);
      fn();
    });
    this.#immediates.set(id, fn);
    return id;
  }

  clearImmediate(id: unknown): void {
    this.#immediates.delete(id);
    this.#clock.clearImmediate(id);
  }

  /**
   * Names what is pending: `timer of the clock: after 250 ms → flush`.
   * @param actorDelaysMs the delays of the timers that XState has set here: they are left out, as their actors name them better.
   */
  pending(actorDelaysMs: readonly number[] = []): string[] {
    const actorTimers = actorDelaysMs.map((delayMs) => timerName(delayMs, ''));
    const timers = [...this.#timeouts.values()].map(({ fn, delayMs }) => timerName(delayMs, fn.name));
    const turns = [...this.#immediates.values()].map((fn) => `turn of the clock → ${fn.name || 'anonymous'}`);
    return [...beyond(actorTimers, timers), ...turns];
  }
}

function timerName(delayMs: number, functionName: string): string {
  return `timer of the clock: after ${delayMs} ms → ${functionName || 'anonymous'}`;
}
