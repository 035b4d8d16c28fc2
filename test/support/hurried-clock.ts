/** A hurried clock is the real one, but for delays that a test would not wait for: those it lets pass at once. */
import { systemClock, type Clock } from '../../src/clock.ts';

interface Timer {
  readonly fn: () => void;
  readonly delayMs: number;
  id: unknown;
}

export class HurriedClock implements Clock {
  readonly #pending = new Set<Timer>();
  readonly #hurried = new Set<number>();

  /** Lets every delay of exactly this length pass at once: those that have begun, and those to come. */
  hurry(delayMs: number): void {
    this.#hurried.add(delayMs);
    for (const timer of this.#pending) {
      if (timer.delayMs !== delayMs) continue;
      systemClock.clearTimeout(timer.id);
      this.#start(timer);
    }
  }

  now(): number {
    return systemClock.now();
  }

  setTimeout(fn: () => void, delayMs: number): unknown {
    const timer: Timer = { fn, delayMs, id: undefined };
    this.#pending.add(timer);
    this.#start(timer);
    return timer;
  }

  clearTimeout(id: unknown): void {
    const timer = id as Timer | undefined;
    if (timer === undefined) return;
    this.#pending.delete(timer);
    systemClock.clearTimeout(timer.id);
  }

  setImmediate(fn: () => void): unknown {
    return systemClock.setImmediate(fn);
  }

  clearImmediate(id: unknown): void {
    systemClock.clearImmediate(id);
  }

  #start(timer: Timer): void {
    const delayMs = this.#hurried.has(timer.delayMs) ? 0 : timer.delayMs;
    timer.id = systemClock.setTimeout(() => {
      this.#pending.delete(timer);
      timer.fn();
    }, delayMs);
  }
}
