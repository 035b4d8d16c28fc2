/**
 * Clock is where time and turns of the event loop come from: the real ones here, a simulated one in tests.
 *
 * It extends the clock XState takes, so that one object drives the machines' `after` timers, the hub's rounds
 * and every timestamp.
 */
export interface Clock {
  /** Milliseconds since the epoch (as `Date.now`). */
  now(): number;
  /** Calls `fn` once after `delayMs`. @returns the id to cancel it with. */
  setTimeout(fn: () => void, delayMs: number): unknown;
  clearTimeout(id: unknown): void;
  /** Calls `fn` once, after this turn's input has been read. @returns the id to cancel it with. */
  setImmediate(fn: () => void): unknown;
  clearImmediate(id: unknown): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (fn, delayMs) => setTimeout(fn, delayMs),
  clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
  setImmediate: (fn) => setImmediate(fn),
  clearImmediate: (id) => clearImmediate(id as NodeJS.Immediate),
};
