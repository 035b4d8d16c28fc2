/**
 * A simulated clock: time stands still until it is advanced, and then everything that falls due happens in order,
 * also what was scheduled meanwhile.
 */
import type { Clock } from '../../src/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  /** Undefined once it has fired or was cleared. */
  fn: (() => void) | undefined;
}

export class SimulatedClock implements Clock {
  #now: number;
  #order = 0;
  #pending = 0;
  // A binary heap, the next one first. Those that were cleared stay in it until their time comes.
  readonly #heap: Timer[] = [];

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** How many timers and turns are pending. */
  get pending(): number {
    return this.#pending;
  }

  setTimeout(fn: () => void, delayMs: number): unknown {
    this.#order += 1;
    this.#pending += 1;
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order, fn };
    this.#rise(this.#heap.length, timer);
    return timer;
  }

  clearTimeout(id: unknown): void {
    const timer = id as Timer | undefined;
    if (timer?.fn === undefined) return;
    timer.fn = undefined;
    this.#pending -= 1;
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
    for (let [next] = this.#heap; next !== undefined && next.at <= until; [next] = this.#heap) {
      this.#removeFirst();
      const { fn } = next;
      if (fn === undefined) continue;
      next.fn = undefined;
      this.#pending -= 1;
      this.#now = Math.max(this.#now, next.at);
      fn();
    }
    this.#now = until;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
  }

  /** Puts a timer into the free place at `index`, or above it. */
  #rise(index: number, timer: Timer): void {
    let at = index;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || isBefore(parent, timer)) break;
      this.#heap[at] = parent;
      at = above;
    }
    this.#heap[at] = timer;
  }

  /** Puts a timer into the free place at the top, or below it. */
  #sink(timer: Timer): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [first, second] = [this.#heap[left], this.#heap[left + 1]];
      if (first === undefined) break;
      const isSecond = second !== undefined && isBefore(second, first);
      const next = isSecond ? second : first;
      if (isBefore(timer, next)) break;
      this.#heap[at] = next;
      at = isSecond ? left + 1 : left;
    }
    this.#heap[at] = timer;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
